"""Realistic pictures and videos by Blender, in a process of its own."""
