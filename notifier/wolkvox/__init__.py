"""The far side: which endpoints of wolkvox there are, and the one client that asks them."""
