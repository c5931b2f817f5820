"""The assets of the galaxy, one folder per artifact in the order data flows."""
