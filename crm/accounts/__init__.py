"""Accounts of the team: passwords, second factor, sessions, links by mail, sign-in elsewhere."""
