"""The rules file: every mistake at once, or one checked rulebook."""
