"""The past again, through the very same `decide`: replays, explanations, differences."""
