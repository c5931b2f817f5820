"""Which task types fit which image, by the similarity of their CLIP vectors."""
