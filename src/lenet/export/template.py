"""Templates of files that we write: text with parts for some networks only, and `$names` to be filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from string import Template

from lenet.architecture import Architecture

MARK = re.compile(r"%% (?:(if|unless) (\w+) (\w+)|(end))")


def fill_template(
    name: str,
    architecture: Architecture,
    values: Mapping[str, object],
    conditions: Mapping[str, str] | None = None,
) -> str:
    """A template of this folder for one network.

    A line `%% if pooling max` keeps what follows, up to `%% end`, only where the architecture says so;
    `%% unless pooling max` only where it does not.

    Args:
        name: of the template's file.
        architecture: whose fields the conditions ask.
        values: what the template's `$names` stand for.
        conditions: further names that conditions ask, with their values.
    """
    fields = {**architecture.to_dict(), **(conditions or {})}
    lines, open_parts = list[str](), list[bool]()
    for line in files(__package__).joinpath(name).read_text("utf-8").splitlines():
        mark = MARK.fullmatch(line)
        if not mark:
            if all(open_parts):
                lines.append(line)
        elif mark[4]:
            open_parts.pop()
        else:
            open_parts.append((fields[mark[2]] == mark[3]) == (mark[1] == "if"))
    assert not open_parts, f"{name}: a part without its end"
    return Template("\n".join(lines) + "\n").substitute(values)
