"""What is told once, or at set times: events, sales and what they are worth, digests."""
