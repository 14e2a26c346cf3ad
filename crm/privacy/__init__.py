"""Privacy: someone’s file, forgetting them, keeping no longer than needed, and saying so.

What each feature holds is declared beside its tables (`holdings.py`); see crm.personal.
"""
