"""Maillage: contacts, letters, requests and events of a regional network."""
