"""The definition of the network in NumPy."""
