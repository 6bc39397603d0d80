"""What becomes of incidents: opened, explained away, silenced, taken, closed, carried over."""
