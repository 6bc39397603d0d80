"""Look at everything live, and say what is wrong and what to do. Changes nothing, sends nothing."""
