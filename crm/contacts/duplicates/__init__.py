"""Duplicates: cards that may be the same contact, made one, and two again if that was wrong."""
