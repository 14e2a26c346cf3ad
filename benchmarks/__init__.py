"""One module per claim of speed; `make bench` runs them, or those named on its command line."""
