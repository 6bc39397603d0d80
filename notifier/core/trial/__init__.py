"""Before anybody is told: tests, drills, specimens, and other limits side by side."""
