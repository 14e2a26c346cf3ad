"""Contacts: organisations, people, the roles between them, and what happened with each."""
