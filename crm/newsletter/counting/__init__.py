"""Counting: how often links were followed, for everybody together."""
