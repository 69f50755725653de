"""The network in Keras, on TensorFlow."""

from lenet.engines.keras.engine import KerasEngine

__all__ = ["KerasEngine"]
