"""The documents and what draws them."""
