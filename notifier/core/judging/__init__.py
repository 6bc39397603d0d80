"""Is it true? One reading held against the plan and against what is known."""
