"""Bring an older database to the tables of this program, step by step."""
