"""unit.mjs: by hand as by the engine, for every unit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import lenet
from lenet.architecture import C3_TABLE, MODERN, ORIGINAL, TANH_AMPLITUDE, TANH_SLOPE, Architecture
from lenet.codes import codes
from lenet.data.examples import Examples
from lenet.engines import get_engine
from lenet.parameters import initialize_parameters

from .conftest import Script

EXPLAIN = """
const { LAYERS, explainUnit } = await import("/page/static/unit.mjs");
const typed = ([name, list]) => [name, Float32Array.from(list)];
const numbers = Object.fromEntries(Object.entries(parameters).map(typed));
const network = kernels.network(architecture, numbers);
const trace = network.trace(Uint8Array.from(image));
const given = { architecture, parameters: numbers, table, codes, activation };
const gaps = {};
let count = 0;
for (const [layer, { maps, side }] of Object.entries(LAYERS)) {
  gaps[layer] = 0;
  for (let at = 0; at < maps * side * side; at++, count++) {
    const [map, row, column] = [Math.floor(at / side / side), Math.floor(at / side) % side, at % side];
    const { state } = explainUnit(given, trace, { layer, map, row, column });
    const size = layer === "output" ? 1 + Math.abs(state) : 1;
    gaps[layer] = Math.max(gaps[layer], Math.abs(state - trace[layer][at]) / size);
  }
}
return { gaps, count };"""
BUNDLED = "1998"


@pytest.mark.parametrize(
    "architecture",
    [
        ORIGINAL,
        MODERN,
        replace(ORIGINAL, connections="full", activation="logistic"),
        replace(ORIGINAL, pooling="average", output="linear"),
    ],
    ids=["original", "modern", "full and logistic", "average and linear"],
)
def test_every_unit_is_what_the_engine_says(
    script: Script, digits: Examples, architecture: Architecture
) -> None:
    network = lenet.load(BUNDLED)
    if architecture == network.architecture:
        parameters = network.parameters
    else:
        parameters = initialize_parameters(architecture, 3, scheme="variance")
    for image in digits.images[:2]:
        found = script(
            EXPLAIN,
            architecture=architecture.to_dict(),
            parameters={name: array.ravel().tolist() for name, array in parameters.items()},
            table=[list(row) for row in C3_TABLE],
            codes=np.where(
                codes("0123456789") > 0, 1, -1 if architecture.activation == "tanh" else 0
            ).tolist(),
            activation={"amplitude": TANH_AMPLITUDE, "slope": TANH_SLOPE},
            image=image.ravel().tolist(),
        )
        assert found["count"] == 8094
        assert max(found["gaps"].values()) < 1e-4, found["gaps"]
        trace = get_engine("reference").load(architecture, parameters).trace(image[None])
        assert sum(np.prod(trace[layer].shape) for layer in found["gaps"]) == 8094
