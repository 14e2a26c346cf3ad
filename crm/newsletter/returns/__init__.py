"""Returns: what comes back of what was sent, and what the DNS says of us as a sender."""
