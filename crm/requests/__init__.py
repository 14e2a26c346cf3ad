"""Requests for support: the public form, the conversation, the queue, the weekly meeting."""
