"""The space of tasks with known answers: counted and reached by index, never enumerated."""
