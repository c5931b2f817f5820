"""Where runs run: the shared instance, what a run needs of a machine, and a pass over many."""
