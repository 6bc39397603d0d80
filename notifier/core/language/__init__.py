"""The language of conditions: read, checked, explained, and judged exactly or fast."""
