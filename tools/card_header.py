"""The head of a network's card, as Hugging Face reads it: licence, task, data and measured accuracy."""

from __future__ import annotations

HEADER = """---
license: mit
library_name: lenet
pipeline_tag: image-classification
tags:
  - lenet-5
  - handwritten-digits
datasets:
  - ylecun/mnist
"""

RESULT = """metrics:
  - accuracy
model-index:
  - name: lenet-{name}
    results:
      - task:
          type: image-classification
        dataset:
          type: ylecun/mnist
          name: MNIST
          split: test
        metrics:
          - type: accuracy
            value: {accuracy:.2f}
"""


def format_header(name: str, error: float | None = None) -> str:
    """The YAML before a card's first line.

    Args:
        name: of the bundled network.
        error: percent of MNIST's test digits; None for a network that is no answer by itself.
    """
    result = "" if error is None else RESULT.format(name=name, accuracy=100 - error)
    return f"{HEADER}{result}---\n\n"
