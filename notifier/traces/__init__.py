"""Show each poll and what came of it, where somebody wants to see it."""
