"""Readers: coming in, choosing, moving to another address, leaving, and being forgotten."""
