"""The tree of task types: its seeds, its growth by a language model, and what was rejected."""
