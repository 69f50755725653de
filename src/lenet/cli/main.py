"""The command `lenet`: finds the verb, imports only its module, and turns every error into one line.

To add a verb: write `cli/VERB.py` with a function VERB (or a typer sub-app), add it to `VERBS`, and add its
sentences to `texts/*.toml`: `VERB` in [verbs], an example command line in [examples]. Every option with a
value needs a metavar. Put `from __future__ import annotations` at the top of the file: typer then evaluates
the help of the options, `Annotated[float, typer.Option(help=say("train.rate"))]`, when the language is known.
"""

from __future__ import annotations

import difflib
import importlib
import io
import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer

from lenet.cli.completion import COMPLETE, complete, find_verb
from lenet.cli.help import HELP_NAMES, set_help
from lenet.cli.interrupt import INTERRUPTED, Ended, end_in_order
from lenet.cli.mistakes import translate_mistake
from lenet.cli.output import print_error, print_output
from lenet.errors import LenetError, UsageError
from lenet.texts import LANGUAGES, say, set_language

# verb: (section of the help, where its function is); in the order of the help
VERBS = {
    "demo": ("start", "lenet.cli.demo:demo"),
    "summary": ("understand", "lenet.cli.summary:summary"),
    "shape": ("understand", "lenet.cli.shape:shape"),
    "codes": ("understand", "lenet.cli.codes:codes"),
    "explain": ("understand", "lenet.cli.explain:explain"),
    "page": ("start", "lenet.cli.page:page"),
    "train": ("use", "lenet.cli.train:train"),
    "rates": ("understand", "lenet.cli.rates:rates"),
    "reproduce": ("understand", "lenet.cli.reproduce:reproduce"),
    "evaluate": ("use", "lenet.cli.evaluate:evaluate"),
    "recognize": ("use", "lenet.cli.recognize:recognize"),
    "read": ("use", "lenet.cli.read:read"),
    "bulk": ("use", "lenet.cli.bulk:bulk"),
    "serve": ("use", "lenet.cli.serve:serve"),
    "export": ("use", "lenet.cli.export:export"),
    "import": ("use", "lenet.cli.import_network:import_network"),
    "data": ("use", "lenet.cli.data:app"),
    "bench": ("use", "lenet.cli.bench:bench"),
    "doctor": ("start", "lenet.cli.doctor:doctor"),
    "completion": ("start", "lenet.cli.completion:completion"),
}

# click's UsageError, wherever this typer keeps it: newer ones bring their own copy of click
Mistake: type[Exception] = typer.BadParameter.__mro__[1]


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line.

    Args:
        arguments: the words after `lenet`; None: those of this process.
    Returns:
        The exit code: 0 for success, 1 for failure, 2 for a mistake on the command line, 130 if interrupted.
    """
    _use_utf8()
    _replace_closed_error()
    words = list(sys.argv[1:] if arguments is None else arguments)
    _set_threads(words)
    if _serve_another(words):
        return 0
    try:
        words = _take_language(words)
        try:
            with end_in_order():
                _invoke(words)
        finally:
            if sys.stdout:  # None where the shell has closed it
                sys.stdout.flush()  # while a full disk can still be reported
    except typer.Exit as leave:
        return leave.exit_code
    except LenetError as error:
        print_error(str(error))
        return error.exit_code
    except Mistake as mistake:
        print_error(translate_mistake(mistake))
        return UsageError.exit_code
    except (KeyboardInterrupt, typer.Abort) as interrupt:
        print_error(say("cli.interrupted"))
        return interrupt.exit_code if isinstance(interrupt, Ended) else INTERRUPTED
    except BrokenPipeError:
        # the reader has gone (`lenet summary | head`): print nothing more, not even at the exit
        _abandon_output()
        return 1
    except ModuleNotFoundError as missing:
        if os.environ.get("LENET_DEBUG"):
            raise
        print_error(say("cli.broken_install", module=missing.name))
        return 1
    except Exception as fault:
        if os.environ.get("LENET_DEBUG"):
            raise
        print_error(_name_fault(fault))
        return 1
    return 0


def _serve_another(words: list[str]) -> bool:
    """Do what another program started this process for: a shell that completes words, or torchrun."""
    if COMPLETE in os.environ:
        complete(typer.main.get_command(build_app(find_verb(tuple(VERBS)))))
        return True
    if os.environ.get("RANK", "0") != "0" and "TORCHELASTIC_RUN_ID" in os.environ:
        _help_out(words)
        return True
    return False


def _help_out(words: list[str]) -> None:
    """In every process of torchrun but the first: compute for the first one, and print nothing."""
    if "train" in words and not set(HELP_NAMES) & set(words):
        from lenet.engines.pytorch.engine import PytorchEngine

        PytorchEngine().help_out()


def _abandon_output() -> None:
    """Discard what is still to be written, or Python would fail again at the exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _name_fault(fault: Exception) -> str:
    """Describe a failure: of the system, which refuses a file or the output, or a bug."""
    if isinstance(fault, OSError) and fault.filename is not None:
        return say("file.unreadable", path=fault.filename, reason=fault.strerror)
    if isinstance(fault, OSError) and fault.errno is not None:
        _abandon_output()
        return say("cli.unwritable", reason=fault.strerror)
    return say("cli.fault", kind=type(fault).__name__, message=fault)


def _use_utf8() -> None:
    """Chinese and block characters must not fail where a pipe or a file has an older encoding."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(encoding="utf-8")


def _replace_closed_error() -> None:
    """Send messages nowhere if the shell has closed standard error: libraries write to it without asking."""
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the process


def _set_threads(words: list[str]) -> None:
    """Set the number of threads of the kernels, NumPy and PyTorch, which read it once, when imported.

    Without `--threads`, NumPy gets one: the matrices of LeNet-5 are so small that sharing them costs more
    than it saves (see docs/lab-book.md), and much more on a busy machine.
    """
    given = [after for word, after in pairwise(words) if word == "--threads"]
    given += [word.partition("=")[2] for word in words if word.startswith("--threads=")]
    for name in ("LENET_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        if given and given[-1].isdecimal() and int(given[-1]):
            os.environ[name] = given[-1]
        elif name == "OPENBLAS_NUM_THREADS":
            os.environ.setdefault(name, "1")


def _take_language(words: list[str]) -> list[str]:
    """Apply `--lang` before the help texts are read, and return the other words."""
    chosen, rest = None, list[str]()
    remaining = iter(words)
    for word in remaining:
        if word == "--":
            rest += [word, *remaining]
        elif word == "--lang" or word.startswith("--lang="):
            chosen = word.partition("=")[2] or next(remaining, "")
            if chosen not in LANGUAGES:
                raise UsageError("cli.language", value=chosen, choices=", ".join(LANGUAGES))
        else:
            rest.append(word)
    set_language(chosen)
    return rest


def _invoke(words: list[str]) -> None:
    verb = next((word for word in words if not word.startswith("-")), None)
    if verb is not None and verb not in VERBS:
        near = difflib.get_close_matches(verb, VERBS, 1)
        key = "cli.near_verb" if near else "cli.unknown_verb"
        raise UsageError(key, verb=verb, near="".join(near), verbs=", ".join(VERBS))
    command = typer.main.get_command(build_app(verb))
    set_help(command)
    with command.make_context("lenet", words or ["--help"]) as context:
        command.invoke(context)


def build_app(verb: str | None) -> typer.Typer:
    """The whole command, with one verb imported and one line of help for each of the others.

    Args:
        verb: the one to run; None for the help.
    """
    app = typer.Typer(
        add_completion=False,
        context_settings={"help_option_names": HELP_NAMES},
        help=say("cli.about"),
        epilog=say("examples.demo"),
    )
    app.callback(invoke_without_command=True)(_common)
    for name, (panel, place) in VERBS.items():
        target = _import_target(place) if name == verb else _not_imported
        texts: dict[str, Any] = {
            "help": say(f"verbs.{name}"),
            "epilog": say(f"examples.{name}"),
            "rich_help_panel": say(f"panels.{panel}"),
        }
        if isinstance(target, typer.Typer):
            app.add_typer(target, name=name, **texts)
        else:
            app.command(name, **texts)(target)
    return app


def _import_target(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def _not_imported() -> None:
    """Take the place of a verb that is not going to run."""


def _common(
    lang: Annotated[str, typer.Option(metavar="|".join(LANGUAGES), help=say("cli.lang_option"))] = "",  # noqa: ARG001
    show_version: Annotated[bool, typer.Option("--version", help=say("cli.version_option"))] = False,
) -> None:
    """The options before the verb; `--lang` is only listed here, because `_take_language` has removed it."""
    if show_version:
        from importlib.metadata import version

        print_output(f"lenet {version('lenet')}\n")
        raise typer.Exit
