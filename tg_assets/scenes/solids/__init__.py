"""Solids: what 3D pictures and videos of the task space are made of, and how they are drawn."""
