"""Measure how fast and how large the bot is, as ratios within one run."""
