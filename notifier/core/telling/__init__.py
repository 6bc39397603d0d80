"""Who is told what: conversations, beliefs, storms, and when a delivery is tried again."""
