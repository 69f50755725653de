"""Bundle the network of a finished run, with its card: python -m tools.bundle_network RUN NAME."""

from __future__ import annotations

import argparse
from importlib.metadata import version
from pathlib import Path

from lenet.errors import LenetError
from lenet.network import Network
from lenet.storage import write_text
from lenet.training.settings import Settings
from tools.card_header import format_header

WEIGHTS = Path(__file__).parents[1] / "src" / "lenet" / "weights"

PURPOSES = {  # of every network in `lenet.network.BUNDLED`
    "1998": "reading single handwritten digits in MNIST's form, and for seeing a trained LeNet-5 from "
    "inside.",
    "best": """reading single digits in people's own pictures: it is what `lenet recognize` asks. It has seen
every image of its training with another pen, too, digits drawn as other hands write them, and damaged ones
(`docs/best.md`). What spoilt pictures cost: `docs/handwriting.md`.""",
}

CARD = """# The bundled network `{name}`

| | |
|---|---|
| architecture | {architecture} |
| trainable parameters | {parameters:,} |
| classes | {labels} |
| trained on | {data}, {trained_on} |
| test error | {error:.2f}% of the {count:,} test digits, evaluated once |
| recipe | `{recipe}` (hash {hash}), {epochs} epochs, seed {seed}, engine `{engine}` |
| made with | lenet {version}, by `make weights` |

The settings of the run, as `lenet train --recipe` accepts them:

```toml
{settings}```

**For** {purpose}
**Not for** letters, several digits in one picture, or decisions that nobody checks: by itself it answers with
one of its classes whatever it is shown. Look at the verdict and the confidence, for which a second network is
asked, the judge.
"""


def bundle(run: Path, name: str) -> Path:
    """Copy a run's network into the package and write its card.

    Args:
        run: the folder of a finished run.
        name: of the bundled network.
    Returns:
        The path of the network.
    """
    network, settings = Network.load(run / "network.safetensors"), Settings.read(run / "recipe.toml")
    card = network.card
    path = WEIGHTS / f"{name}.safetensors"
    network.save(path)
    text = CARD.format(
        name=name,
        architecture=", ".join(f"{key} {value}" for key, value in settings.architecture.to_dict().items()),
        parameters=network.parameters.count,
        labels=" ".join(network.labels),
        data=card["data"],
        trained_on="its training file without the last twelfth"
        if settings.recipe.validation
        else "all of it",
        error=card["test_error"],
        count=card["test_count"],
        recipe=card["recipe"],
        hash=card["recipe_hash"],
        epochs=card["epochs"],
        seed=card["seed"],
        engine=card["engine"],
        version=version("lenet"),
        settings=settings.to_toml(),
        purpose=PURPOSES[name],
    )
    write_text(path.with_suffix(".md"), format_header(name, card["test_error"]) + text)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("name")
    arguments = parser.parse_args()
    try:
        print(bundle(arguments.run, arguments.name))
    except (LenetError, KeyError) as error:
        parser.exit(1, f"{error}\n")
