"""The referees: votes, and what they add up to."""
