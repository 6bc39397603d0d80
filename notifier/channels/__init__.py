"""Carry rendered messages to people: one module for each kind of channel."""
