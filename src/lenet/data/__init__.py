"""Examples to learn from: MNIST, Fashion-MNIST, scikit-learn's digits, and a person's own files."""
