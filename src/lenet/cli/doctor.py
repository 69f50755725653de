"""`lenet doctor`: what is installed and found here, and for every fault the one command that mends it."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from lenet.cli.environment import (
    Package,
    find_accelerators,
    find_environment,
    find_machine,
    find_other_command,
    find_supported_python,
    list_environments,
    list_packages,
    split_version,
    write_install,
    write_torch_install,
)
from lenet.cli.options import json_option
from lenet.cli.output import make_console, print_json
from lenet.errors import LenetError
from lenet.texts import say

MOST_TEXT = 4 * 1024 * 1024  # bytes of an error text
MARKS = {"good": "+", "note": "o", "fault": "!"}
STYLES = {"good": "green", "note": "dim", "fault": "bold red"}


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Args:
        section: where it belongs: python, machine, packages, engines, data, fonts.
        name: what was looked at.
        value: what was found.
        state: "good"; "note": absent or odd, but lenet runs; "fault": something needed is broken.
        remedy: the one command that mends it, "" where there is nothing to mend.
    """

    section: str
    name: str
    value: str
    state: str = "good"
    remedy: str = ""


def doctor(
    error: Annotated[str | None, typer.Option(metavar="FILE|-", help=say("doctor.error_option"))] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Print what is found, and end with 1 if something that lenet needs is broken, or an error is unknown."""
    if error is not None:
        _explain_error(error, as_json)
        return
    findings = list(examine())
    faults = [finding.name for finding in findings if finding.state == "fault"]
    if as_json:
        print_json({"usable": not faults, "faults": len(faults), "findings": [asdict(f) for f in findings]})
    else:
        _print_findings(findings, faults)
    if faults:
        raise typer.Exit(1)


def _explain_error(source: str, as_json: bool) -> None:
    """Say what an error text means that a person has met elsewhere."""
    from lenet.cli.trouble import recognize_troubles
    from lenet.storage import read_at_most, read_bytes

    content = (
        read_at_most(sys.stdin.buffer, MOST_TEXT) if source == "-" else read_bytes(Path(source), MOST_TEXT)
    )
    # PowerShell's > writes UTF-16
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    troubles = list(recognize_troubles(content.decode("utf-16" if utf16 else "utf-8", "replace")))
    if as_json:
        print_json({"troubles": [asdict(trouble) for trouble in troubles]})
    else:
        console = make_console()
        for trouble in troubles:
            console.print(f"! {trouble.line}", style="bold red", soft_wrap=True)
            console.print(f"  {trouble.meaning}", soft_wrap=True)
            if trouble.remedy:
                console.print(f"  -> {trouble.remedy}", style="bold", soft_wrap=True)
        if not troubles:
            console.print(say("doctor.error_unknown"), soft_wrap=True)
    if not troubles:
        raise typer.Exit(1)


def examine() -> Iterator[Finding]:
    """Look at everything; nothing heavy is imported, nothing is downloaded."""
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
            "python", say("doctor.another"), text, "note", _write_activation(other.kind, str(other.folder))
        )
    command = find_other_command()
    if command is not None:
        text = say("doctor.other_command", command=command)
        yield Finding("python", say("doctor.command"), text, "note", f"{sys.executable} -m lenet")


def _write_activation(kind: str, folder: str) -> str:
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
        install = write_torch_install if package.name == "torch" else write_install
        return Finding("packages", package.name, text, state, install(wanted))
    if package.needed:
        return Finding("packages", package.name, say("doctor.absent"), "fault", write_install(wanted))
    remedy = write_install(f"lenet[{package.extra}]") if package.extra else ""
    remedy = write_torch_install() if package.name == "torch" else remedy
    return Finding("packages", package.name, say("doctor.not_installed"), "note", remedy)


def _examine_engines(packages: dict[str, Package]) -> Iterator[Finding]:
    numpy = _judge_package(packages["numpy"])
    yield replace(numpy, section="engines", name="reference", value=f"NumPy {numpy.value}")
    if packages["torch"].usable:
        yield Finding("engines", "pytorch", f"PyTorch {packages['torch'].version}")
    else:
        yield Finding("engines", "pytorch", say("doctor.no_torch"), "note", write_torch_install())
    if packages["tensorflow"].usable and packages["keras"].usable:
        value = f"TensorFlow {packages['tensorflow'].version}, Keras {packages['keras'].version}"
        yield Finding("engines", "keras", value)
    else:
        yield Finding("engines", "keras", say("doctor.no_keras"), "note", write_install("lenet[keras]"))
    if find_spec("lenet._native"):
        yield from _examine_kernels()
    else:
        yield Finding("engines", "native", say("doctor.no_kernels"), "note")


def _examine_kernels() -> Iterator[Finding]:
    """Which kernels run; and the environment's wishes that cannot be had, with which nothing else would."""
    from lenet.engines.native.processor import choose_variant, count_threads

    for name, ask in (("LENET_KERNEL", choose_variant), ("LENET_THREADS", count_threads)):
        try:
            found = ask()
        except LenetError as error:
            yield Finding("engines", name, str(error), "fault", _write_unset(name))
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
        yield Finding("data", "LENET_DATA", str(error), "fault", _write_unset("LENET_DATA"))
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


def _write_unset(name: str) -> str:
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


def _print_findings(findings: list[Finding], faults: list[str]) -> None:
    from rich.cells import cell_len
    from rich.text import Text

    console = make_console()
    width = max(cell_len(finding.name) for finding in findings) + 2
    section = ""
    for finding in findings:
        if finding.section != section:
            section = finding.section
            console.print(f"\n{say(f'doctor.{section}')}", style="bold")
        style = STYLES[finding.state]
        name = finding.name + " " * (width - cell_len(finding.name))
        line = Text.assemble((f"  {MARKS[finding.state]} ", style), name, finding.value)
        console.print(line, soft_wrap=True)
        if finding.remedy:
            console.print(
                Text.assemble("    " + " " * width, (f"-> {finding.remedy}", style)), soft_wrap=True
            )
    console.print(f"\n{say('doctor.legend')}", style="dim", soft_wrap=True)
    verdict = say("doctor.broken", names=", ".join(dict.fromkeys(faults))) if faults else say("doctor.usable")
    console.print(verdict, style="bold red" if faults else "bold green", soft_wrap=True)
