"""The desk: what it remembers, what was done on it, who else is there, what it warns of."""
