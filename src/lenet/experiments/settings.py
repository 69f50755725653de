"""What a run trains, how, and on what: `recipe.toml` in the run's folder."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from lenet.architecture import Architecture
from lenet.errors import FileError, RunError, UsageError
from lenet.storage import read_bytes
from lenet.training.recipe import MAX_BYTES, Recipe


@dataclass(frozen=True)
class Settings:
    """Everything that decides what a training ends in.

    Args:
        data: the data set's name or path.
        fingerprint: of the data.
        limit: how many training images were kept; None for all.
        architecture: the network.
        recipe: how it is trained.
        engine: what runs it.
        seed: of the first weights and of the order of the images.
    """

    data: str
    fingerprint: str
    limit: int | None
    architecture: Architecture
    recipe: Recipe
    engine: str
    seed: int

    @property
    def key(self) -> str:
        """One hash of it all, by which a checkpoint knows its run."""
        return hashlib.sha256(self.to_toml().encode()).hexdigest()

    def to_toml(self) -> str:
        """The text of `recipe.toml`; `--recipe` accepts it as well."""
        run: dict[str, Any] = {"data": self.data, "fingerprint": self.fingerprint}
        run |= {} if self.limit is None else {"limit": self.limit}
        run |= {"engine": self.engine, "seed": self.seed}
        tables = {"run": run, "architecture": self.architecture.to_dict()}
        lines = [f"{name} = {_format(value)}" for name, value in self.recipe.to_dict().items()]
        for table, values in tables.items():
            lines += ["", f"[{table}]", *(f"{name} = {_format(value)}" for name, value in values.items())]
        return "\n".join(lines) + "\n"

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read `recipe.toml` of a run.

        Raises:
            RunError: there is no run here, or its settings are damaged.
        """
        if not path.exists():
            raise RunError("run.absent", path=path.parent)
        try:
            values = tomllib.loads(read_bytes(path, MAX_BYTES).decode("utf-8"))
            run, architecture = values.pop("run"), Architecture.from_dict(values.pop("architecture"))
            recipe = Recipe.from_dict(values)
            settings = cls(
                str(run["data"]),
                str(run["fingerprint"]),
                int(run["limit"]) if "limit" in run else None,
                architecture,
                recipe,
                str(run["engine"]),
                int(run["seed"]),
            )
        except (UsageError, FileError) as error:
            raise RunError("run.damaged", path=path, reason=error) from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise RunError("run.damaged", path=path, reason=repr(error)) from error
        return settings


def _format(value: str | float | bool) -> str:
    # JSON's strings, numbers and truth values are TOML's as well
    return json.dumps(value, ensure_ascii=False)
