"""Where a sample came from, and what became of an image or a task type: `tg trace`."""
