"""Pictures the project renders itself, with complete ground truth and questions over them."""
