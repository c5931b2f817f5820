"""Models asked questions with known answers: what they said, and whether it was right."""
