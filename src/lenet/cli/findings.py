"""The findings of `lenet doctor`: Python, the machine, packages, engines, data and fonts."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec

from lenet.cli.environment import (
    Package,
    find_accelerators,
    find_environment,
    find_machine,
    find_other_command,
    find_supported_python,
    format_install,
    format_torch_install,
    list_environments,
    list_packages,
    split_version,
)
from lenet.errors import LenetError
from lenet.texts import say


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Args:
        section: python, machine, packages, engines, data or fonts.
        name: what was examined.
        value: what was found.
        state: "good"; "note": absent or odd, but lenet runs; "fault": something that lenet needs is broken.
        remedy: the command that fixes it; "" where there is nothing to fix.
    """

    section: str
    name: str
    value: str
    state: str = "good"
    remedy: str = ""


def examine() -> Iterator[Finding]:
    """Examine everything; nothing heavy is imported, nothing is downloaded."""
    yield from _examine_python()
    yield from _examine_machine()
    packages = list_packages()
    yield from map(_judge_package, packages)
    yield from _examine_engines({package.name: package for package in packages})
    if all(package.usable for package in packages if package.needed):
        yield from _examine_data()
        yield _examine_fonts()


def _examine_python() -> Iterator[Finding]:
    now, (least, tried) = platform.python_version(), find_supported_python()
    if split_version(now) < split_version(least):
        yield Finding(
            "python",
            "Python",
            say("doctor.python_old", now=now, least=least),
            "fault",
            "conda create -n lenet python",
        )
    elif split_version(now)[:2] > split_version(tried)[:2]:
        yield Finding("python", "Python", say("doctor.python_new", now=now, tried=tried), "note")
    else:
        yield Finding("python", "Python", say("doctor.python_good", now=now, least=least, tried=tried))
    environment = find_environment()
    key, state = f"doctor.{environment.kind}", "note" if environment.kind == "none" else "good"
    remedy = f"{sys.executable} -m venv .venv" if environment.kind == "none" else ""
    yield Finding("python", say("doctor.environment"), say(key, folder=environment.folder), state, remedy)
    for other in list_environments():
        text = say(f"doctor.other_{other.kind}", folder=other.folder)
        yield Finding(
            "python", say("doctor.another"), text, "note", _format_activation(other.kind, str(other.folder))
        )
    command = find_other_command()
    if command is not None:
        text = say("doctor.other_command", command=command)
        yield Finding("python", say("doctor.command"), text, "note", f"{sys.executable} -m lenet")


def _format_activation(kind: str, folder: str) -> str:
    if kind == "conda":
        return f"conda activate {folder}"
    return f"{folder}\\Scripts\\activate" if os.name == "nt" else f". {folder}/bin/activate"


def _examine_machine() -> Iterator[Finding]:
    machine = find_machine()
    yield Finding("machine", say("doctor.system"), machine.system)
    cores = say("doctor.cores_value", usable=f"{machine.usable_cores:g}", cores=machine.cores)
    yield Finding("machine", say("doctor.cores"), cores)
    memory = say("doctor.unknown") if machine.memory is None else f"{machine.memory / 1024:.1f} GiB"
    yield Finding("machine", say("doctor.memory"), memory)
    cards = list(find_accelerators())
    yield Finding(
        "machine",
        say("doctor.cards"),
        "; ".join(cards) or say("doctor.no_cards"),
        "good" if cards else "note",
    )


def _judge_package(package: Package) -> Finding:
    wanted = f"{package.name}>={package.least}" if package.least else package.name
    if package.usable:
        return Finding("packages", package.name, package.version or "")
    if package.version:
        state = "fault" if package.needed else "note"
        text = say("doctor.too_old", version=package.version, least=package.least)
        install = format_torch_install if package.name == "torch" else format_install
        return Finding("packages", package.name, text, state, install(wanted))
    if package.needed:
        return Finding("packages", package.name, say("doctor.absent"), "fault", format_install(wanted))
    remedy = format_install(f"lenet[{package.extra}]") if package.extra else ""
    remedy = format_torch_install() if package.name == "torch" else remedy
    return Finding("packages", package.name, say("doctor.not_installed"), "note", remedy)


def _examine_engines(packages: dict[str, Package]) -> Iterator[Finding]:
    numpy = _judge_package(packages["numpy"])
    yield replace(numpy, section="engines", name="reference", value=f"NumPy {numpy.value}")
    if packages["torch"].usable:
        yield Finding("engines", "pytorch", f"PyTorch {packages['torch'].version}")
    else:
        yield Finding("engines", "pytorch", say("doctor.no_torch"), "note", format_torch_install())
    if packages["tensorflow"].usable and packages["keras"].usable:
        value = f"TensorFlow {packages['tensorflow'].version}, Keras {packages['keras'].version}"
        yield Finding("engines", "keras", value)
    else:
        yield Finding("engines", "keras", say("doctor.no_keras"), "note", format_install("lenet[keras]"))
    if find_spec("lenet._native"):
        yield from _examine_kernels()
    else:
        yield Finding("engines", "native", say("doctor.no_kernels"), "note")


def _examine_kernels() -> Iterator[Finding]:
    """Which kernels run, and variables of the environment with values that no kernel accepts."""
    from lenet.engines.native.processor import choose_variant
    from lenet.engines.threads import count_threads

    for name, ask in (("LENET_KERNEL", choose_variant), ("LENET_THREADS", count_threads)):
        try:
            found = ask()
        except LenetError as error:
            yield Finding("engines", name, str(error), "fault", _format_unset(name))
        else:
            if name == "LENET_KERNEL":
                yield Finding("engines", "native", say("doctor.kernels", variant=found))


def _examine_data() -> Iterator[Finding]:
    from lenet.data.find import find_files, get_cache_folder
    from lenet.data.sources import MNIST

    folder = os.environ.get("LENET_DATA", "")
    try:
        found = [path for path in find_files(MNIST).values() if path]
    except LenetError as error:
        yield Finding("data", "LENET_DATA", str(error), "fault", _format_unset("LENET_DATA"))
    else:
        if folder:
            yield Finding("data", "LENET_DATA", folder)
        files = len(MNIST.files)
        if len(found) == files:
            where = ", ".join(dict.fromkeys(str(path.parent) for path in found))
            yield Finding("data", "MNIST", say("doctor.mnist", files=files, where=where))
        else:
            text = say("doctor.no_mnist", found=len(found), files=files)
            yield Finding("data", "MNIST", text, "note", "lenet data fetch mnist")
    yield Finding("data", say("doctor.cache"), str(get_cache_folder()))


def _format_unset(name: str) -> str:
    return f"Remove-Item Env:{name}" if os.name == "nt" else f"unset {name}"


def _examine_fonts() -> Finding:
    from lenet.drawing.fonts import find_chinese_font

    font = find_chinese_font()
    if font:
        return Finding("fonts", say("doctor.chinese"), str(font))
    remedies = {
        "Linux": "sudo apt-get install fonts-noto-cjk",
        "Darwin": "brew install --cask font-noto-sans-cjk",
    }
    remedy = remedies.get(platform.system(), "")
    return Finding("fonts", say("doctor.chinese"), say("doctor.no_font"), "note", remedy)
