"""A network outside of this package: ONNX, C, PyTorch, Keras; and other people's networks inside it."""
