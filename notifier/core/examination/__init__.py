"""What answers and clocks tell of an operation: the findings of the doctor."""
