"""Rendering: an issue's content as mail HTML, as text and as a web page."""
