"""The network in Keras, on TensorFlow."""
