"""Answer those who ask how the bot is: health, readiness, metrics. It writes nothing."""
