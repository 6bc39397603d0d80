"""Decides what is true and whom to tell; touches nothing outside the process."""
