"""`lenet doctor`: report what is installed and found here, with a command that fixes each fault."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lenet.cli.findings import Finding, examine
from lenet.cli.options import json_option
from lenet.cli.output import make_console, print_json
from lenet.texts import say

MOST_TEXT = 4 * 1024 * 1024  # bytes of an error text
MARKS = {"good": "+", "note": "o", "fault": "!"}
STYLES = {"good": "green", "note": "dim", "fault": "bold red"}


def doctor(
    error: Annotated[str | None, typer.Option(metavar="FILE|-", help=say("doctor.error_option"))] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Print the findings; exit code 1 if something that lenet needs is broken, or an error is unknown."""
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
    """Explain an error text that another program printed."""
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
    if any(finding.remedy for finding in findings):
        console.print(say("doctor.mirrors"), style="dim", soft_wrap=True)
    verdict = say("doctor.broken", names=", ".join(dict.fromkeys(faults))) if faults else say("doctor.usable")
    console.print(verdict, style="bold red" if faults else "bold green", soft_wrap=True)
