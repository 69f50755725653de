"""How fast every engine is, beside its peers."""
