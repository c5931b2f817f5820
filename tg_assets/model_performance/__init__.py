"""What models can and cannot do, on tasks with known answers."""
