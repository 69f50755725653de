"""A web service that recognizes digits and reads numbers: `lenet serve`."""
