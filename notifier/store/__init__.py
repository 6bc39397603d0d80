"""Keep what is remembered, recorded and still to be sent, on SQLite or PostgreSQL."""
