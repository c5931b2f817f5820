"""From candidate pairs to those that suit the image."""
