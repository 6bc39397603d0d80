"""One module a command: asks the house for something and prints the answer."""
