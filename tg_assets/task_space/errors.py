"""What can be wrong with a library, a filter or an index."""


class TaskSpaceError(ValueError):
    """Something that a person can put right: the message names it and says how."""
