"""Checks: what a careful reader would say of a number before it leaves."""
