"""Feeds: what the network’s website publishes, fetched, understood, and kept as items."""
