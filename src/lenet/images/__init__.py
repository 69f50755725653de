"""A person's picture: read safely, and brought into the form that MNIST has."""
