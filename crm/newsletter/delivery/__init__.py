"""Delivery: a number goes to each recipient once, accounted for in the ledger, courteously."""
