"""What makes the files that are committed: `python -m tools.NAME` in the checkout."""
