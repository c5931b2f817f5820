"""Pictures in two dimensions: cut-out pictures of objects on a backdrop."""
