"""Questions about a model's performance, answered within a budget of evaluations."""
