"""A network as a Keras model of stock layers only: any program with Keras 3 loads it, and needs no more."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from lenet.architecture import BORDER, FIELD, PIXEL_OFFSET, PIXEL_SCALE, TANH_AMPLITUDE, TANH_SLOPE, WINDOW
from lenet.engines import get_engine
from lenet.network import Network
from lenet.storage import write_bytes

CARD = "lenet.json"  # what the archive has beside Keras's own files: architecture and labels
METADATA = "metadata.json"
LONG_AGO = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # the time of every file in the archive, so that equal networks give equal bytes


def export_keras(network: Network, path: str | Path, uint8: bool = False) -> None:
    """Write a network as a `.keras` file, for `keras.models.load_model` of Keras 3 on any backend.

    Its output is `penalties`, (N, classes) float32, the smallest of which wins. Keras has no layers for a
    table of connections, for distances and for 1.7159 tanh(2a/3), so stock layers stand for them: C3 is a
    full convolution with kernels of zeros where Table I has no connection, which training would fill.
    The archive also has `lenet.json`, with architecture and labels.

    Args:
        network: what to write.
        path: a `.keras` file.
        uint8: the input `image` is (N, 28, 28) uint8 as MNIST stores it, and border and grey levels are part
            of the model; otherwise it is (N, 32, 32, 1) float32, background -0.1 and ink 1.175.
    Raises:
        MissingExtra: TensorFlow is not installed.
        FileError: the file cannot be written.
    """
    model = build_model(network, uint8)
    with TemporaryDirectory() as folder:
        saved = Path(folder, "lenet5.keras")
        model.save(saved)
        content = _pack_again(saved, network)
    write_bytes(Path(path), content)


def build_model(network: Network, uint8: bool = False) -> Any:
    """The model that `export_keras` writes.

    Raises:
        MissingExtra: TensorFlow is not installed.
    """
    get_engine("keras")  # says how TensorFlow is installed, where it is not
    from lenet.engines.keras.setup import keras

    stack = _Stack(network, keras.layers)
    image = keras.Input((FIELD - 2 * BORDER,) * 2, name="image", dtype="uint8") if uint8 else None
    if image is None:
        states = image = keras.Input((FIELD, FIELD, 1), name="image", dtype="float32")
    else:
        states = stack.scale(image)
    for conv, pooling in (("c1", "s2"), ("c3", "s4")):
        states = stack.subsample(pooling, stack.convolve(conv, states))
    states = stack.add("Flatten", "c5_vector", stack.convolve("c5", states))
    return keras.Model(image, stack.measure(stack.connect("f6", states)), name="lenet5")


class _Stack:
    """Layers of Keras, each added with its weights and named as ours: c1, c1_tanh, s2, ..."""

    def __init__(self, network: Network, layers: Any) -> None:
        self.architecture = network.architecture
        self.parameters = network.parameters.astype(np.float32)
        self.layers = layers

    def add(self, kind: str, name: str, states: Any, *given: Any, weights: Any = (), **settings: Any) -> Any:
        """Put a layer on top of some states, and give its own."""
        layer = getattr(self.layers, kind)(*given, name=name, dtype="float32", **settings)
        above = layer(states)
        if weights:
            layer.set_weights([np.ascontiguousarray(array) for array in weights])
        return above

    def scale(self, image: Any) -> Any:
        """(N, 28, 28) uint8 to (N, 32, 32, 1) float32."""
        grey = self.add("Rescaling", "image_scale", image, PIXEL_SCALE)
        maps = self.add("Reshape", "image_map", grey, (*image.shape[1:], 1))
        field = self.add("ZeroPadding2D", "image_border", maps, BORDER, data_format="channels_last")
        return self.add("Rescaling", "image_offset", field, 1.0, offset=PIXEL_OFFSET)

    def activate(self, layer: str, sums: Any) -> Any:
        """The activation function."""
        if self.architecture.activation != "tanh":
            kind = {"logistic": "sigmoid", "relu": "relu"}[self.architecture.activation]
            return self.add("Activation", f"{layer}_{kind}", sums, kind)
        steep = self.add("Rescaling", f"{layer}_slope", sums, TANH_SLOPE)
        tanh = self.add("Activation", f"{layer}_tanh", steep, "tanh")
        return self.add("Rescaling", f"{layer}_amplitude", tanh, TANH_AMPLITUDE)

    def convolve(self, layer: str, maps: Any) -> Any:
        """C1, C3 or C5."""
        kernels = self.parameters.dense(layer).transpose(2, 3, 1, 0)
        weights = [kernels, self.parameters[f"{layer}.bias"]]
        count, sides = kernels.shape[-1], kernels.shape[:2]
        form = {"data_format": "channels_last", "weights": weights}
        return self.activate(layer, self.add("Conv2D", layer, maps, count, sides, **form))

    def subsample(self, layer: str, maps: Any) -> Any:
        """S2 or S4; trainable: a mean, and a 1x1 kernel of four times the coefficient, which is exact."""
        form: dict[str, Any] = {"data_format": "channels_last"}
        pooling = self.architecture.pooling
        if pooling == "max":
            return self.add("MaxPooling2D", layer, maps, WINDOW, **form)
        if pooling == "average":
            return self.add("AveragePooling2D", layer, maps, WINDOW, **form)
        mean = self.add("AveragePooling2D", f"{layer}_mean", maps, WINDOW, **form)
        factor = WINDOW**2 * self.parameters[f"{layer}.coefficient"][None, None, :, None]
        weights = [factor, self.parameters[f"{layer}.bias"]]
        return self.activate(layer, self.add("DepthwiseConv2D", layer, mean, 1, weights=weights, **form))

    def connect(self, layer: str, states: Any) -> Any:
        """F6."""
        return self.activate(layer, self._multiply(layer, layer, states))

    def measure(self, states: Any) -> Any:
        """The output: minus the logits; or the squared distance to every code."""
        if self.architecture.output == "linear":
            return self.add("Rescaling", "penalties", self._multiply("output", "logits", states), -1.0)
        codes = self.architecture.codes
        fixed: dict[str, Any] = {"trainable": False}
        # every unit once for each class, times 1, minus that class's pixel
        gaps = self.add(
            *("EinsumDense", "output_gaps", states, "nj,cj->ncj", codes.shape),
            bias_axes="cj",
            weights=[np.ones_like(codes), -codes],
            **fixed,
        )
        squares = self.add("Multiply", "output_squares", [gaps, gaps])
        ones = np.ones((codes.shape[1], 1), np.float32)
        total = self.add("Dense", "output_sums", squares, 1, use_bias=False, weights=[ones], **fixed)
        return self.add("Flatten", "penalties", total)

    def _multiply(self, layer: str, name: str, states: Any) -> Any:
        weight, bias = (self.parameters[f"{layer}.{kind}"] for kind in ("weight", "bias"))
        return self.add("Dense", name, states, len(bias), weights=[weight.T, bias])


def _pack_again(saved: Path, network: Network) -> bytes:
    """The archive that Keras wrote, without its date and with our card."""
    card = {key: network.metadata[key] for key in ("architecture", "labels")}
    packed = io.BytesIO()
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(packed, "w") as new:
        contents = {name: old.read(name) for name in old.namelist()}
        dated = json.loads(contents[METADATA])
        dated.pop("date_saved", None)
        contents |= {METADATA: json.dumps(dated).encode(), CARD: json.dumps(card, sort_keys=True).encode()}
        for name, content in contents.items():
            new.writestr(zipfile.ZipInfo(name, LONG_AGO), content)
    return packed.getvalue()
