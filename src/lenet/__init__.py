"""LeNet-5, the network of 1998: exact, explained, trained and recognizing."""
