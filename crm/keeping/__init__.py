"""Keeping: backups and their way back, the move to another database, upgrades, the check-up."""
