"""Search: finding a contact while someone types, narrowing a list, and the index both stand on."""
