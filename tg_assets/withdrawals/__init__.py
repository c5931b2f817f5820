"""What nothing may use any more."""
