"""Questions about rendered pictures whose answers are known, and checked."""
