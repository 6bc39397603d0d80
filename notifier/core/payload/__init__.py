"""What wolkvox sends: bytes of an answer become rows, or a sentence that says what is wrong."""
