"""A page in the browser over queries, and over the instances behind their answers."""
