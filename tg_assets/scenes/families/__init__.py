"""One module per family of pictures: `compose` decides what is true, `draw` shows it."""
