"""Look back for visitors, and for the rules page, in a process beside the bot."""
