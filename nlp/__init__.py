"""Language: text to plan."""
