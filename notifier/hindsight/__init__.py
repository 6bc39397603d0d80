"""Look back: play again what was recorded, and say why people were or were not told.

Everything here reads; nothing is sent, nothing is written. It prints nothing either: commands, the
page and ``notifier.replay`` show what it finds.
"""
