"""Throw mutated files at every reader, and wrong arguments at every native entry: only our own errors may come."""
