"""Why the network is as it is: its counts, its wiring, its arithmetic, in words and pictures."""
