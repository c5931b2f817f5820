"""The published dataset: balanced, licensed, exported, and described."""
