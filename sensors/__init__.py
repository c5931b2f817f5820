"""What looks for something new: image files, task types, and the nightly refresh."""
