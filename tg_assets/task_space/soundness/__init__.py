"""Whether an instance is sound, decided from its world, library and claim alone.

Nothing here imports what makes plans and instances: an error made there is not made again here.
"""
