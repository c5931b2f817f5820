"""From a question in words to a query."""
