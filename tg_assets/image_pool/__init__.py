"""The pool of images: what sources list, cut into shards, read, decoded and registered."""
