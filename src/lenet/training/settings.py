"""What a run trains, how, and on what: `recipe.toml` in the run's folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from numbers import Integral
from operator import index
from pathlib import Path
from typing import Any, Self, TypeVar

from lenet.architecture import Architecture
from lenet.errors import FileError, RunError, UsageError
from lenet.storage import read_bytes
from lenet.texts import say
from lenet.training.recipe import MAX_BYTES, Recipe, parse_settings

T = TypeVar("T")

SETTINGS_FILE = "recipe.toml"


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
        start: the trained network that it starts from: a name, a path, or the file in the run's folder; None
            for random weights.
        start_hash: of that network's weights; None without.
    """

    data: str
    fingerprint: str
    limit: int | None
    architecture: Architecture
    recipe: Recipe
    engine: str
    seed: int
    start: str | None = None
    start_hash: str | None = None

    @property
    def key(self) -> str:
        """One hash of it all, by which a checkpoint knows its run."""
        return hashlib.sha256(self.to_toml().encode()).hexdigest()

    def to_toml(self) -> str:
        """The text of `recipe.toml`; `--recipe` accepts it as well."""
        run: dict[str, Any] = {"data": self.data, "fingerprint": self.fingerprint}
        run |= {} if self.limit is None else {"limit": self.limit}
        run |= {"engine": self.engine, "seed": self.seed}
        run |= {} if self.start is None else {"start": self.start, "start_hash": self.start_hash}
        tables = {"run": run, "architecture": self.architecture.to_dict()}
        recipe = self.recipe.to_dict()
        tables = {"distortion": recipe.pop("distortion"), **tables}
        lines = [f"{name} = {_format(value)}" for name, value in recipe.items()]
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
            values = parse_settings(read_bytes(path, MAX_BYTES).decode("utf-8"))
            run, architecture = values.pop("run"), Architecture.from_dict(values.pop("architecture"))
            settings = cls(
                data=_take(run, "data", str),
                fingerprint=_take(run, "fingerprint", str),
                limit=_take(run, "limit", int) if "limit" in run else None,
                architecture=architecture,
                recipe=Recipe.from_dict(values),
                engine=_take(run, "engine", str),
                seed=check_seed(_take(run, "seed", int)),
                start=_take(run, "start", str) if "start" in run else None,
                start_hash=_take(run, "start_hash", str) if "start" in run else None,
            )
        except (UsageError, FileError) as error:
            raise RunError("run.damaged", path=path, reason=error) from error
        except (ValueError, RecursionError) as error:
            raise RunError("run.damaged", path=path, reason=error) from error
        except KeyError as error:
            reason = say("run.setting_missing", name=error.args[0])
            raise RunError("run.damaged", path=path, reason=reason) from error
        except (TypeError, AttributeError) as error:  # a number where a table belongs
            raise RunError("run.damaged", path=path, reason=say("run.setting_form")) from error
        return settings


def check_seed(seed: Any) -> int:
    """The seed itself, if it is one.

    Raises:
        UsageError: no whole number, below 0, or 2^63 and more.
    """
    whole = isinstance(seed, Integral)
    if not whole or not 0 <= seed < 2**63:
        raise UsageError("training.seed", seed=seed)
    return index(seed)


def _take(table: dict[str, Any], name: str, kind: type[T]) -> T:
    value = table[name]
    if type(value) is not kind:
        raise UsageError("run.setting_type", name=name, value=value)
    return value


def _format(value: str | float | bool) -> str:
    # JSON's strings, numbers and truth values are TOML's as well, but for DEL, which TOML wants escaped
    text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:  # a file's name in another encoding, which Python holds like this
            raise UsageError("run.not_unicode", value=value) from error
    return text
