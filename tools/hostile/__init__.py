"""Damaged files for every reader, wrong arguments for every native entry: only our own errors may come."""
