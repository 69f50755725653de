"""Pictures of numbers: cut into pieces, put together as digits, read along the cheapest path of a graph."""
