"""What is seen and what is remembered: snapshots, state, sales."""
