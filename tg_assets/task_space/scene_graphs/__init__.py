"""Tasks about photos and films that people annotated: the six generators over scene graphs."""
