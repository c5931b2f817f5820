"""What can be wrong with a query or with the evaluations it is answered from."""


class QueryError(ValueError):
    """Something that a person can put right: the message names it and says how."""
