"""`lenet rates`: the same training with several learning rates, and why the loss jumps."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from lenet.cli.loading import load_data
from lenet.cli.options import architecture_option, choose_architecture, json_option
from lenet.cli.output import draw_picture, make_console, print_json, print_paragraph, wrap_line
from lenet.errors import UsageError
from lenet.texts import say

if TYPE_CHECKING:
    from rich.text import Text

    from lenet.rates.comparison import Comparison
    from lenet.rates.trial import Trial

COLUMNS = 44  # of a live curve, where the terminal has room for them
BESIDE = 20  # columns of the numbers beside it
BLOCKS = "▁▂▃▄▅▆▇█"
LOWEST, HIGHEST = 0.02, 20.0  # losses of the lowest and the highest block, on a logarithmic scale


def rates(
    rates: Annotated[str, typer.Option(metavar="RATE,RATE,...", help=say("rates.rates"))] = "0.5,0.1,0.02",
    data: Annotated[
        str, typer.Option(metavar="digits|mnist|fashion|PATH", help=say("train.data"))
    ] = "digits",
    epochs: Annotated[int, typer.Option(metavar="N", help=say("train.epochs"))] = 4,
    batch: Annotated[int, typer.Option(metavar="N", help=say("train.batch"))] = 32,
    limit: Annotated[int, typer.Option(metavar="N", help=say("train.limit"))] = 1500,
    every: Annotated[int, typer.Option(metavar="N", help=say("rates.every"))] = 1,
    architecture: Annotated[str, architecture_option()] = "original",
    engine: Annotated[
        str, typer.Option(metavar="auto|native|pytorch|keras|reference", help=say("train.engine"))
    ] = "auto",
    seed: Annotated[int, typer.Option(metavar="N", help=say("train.seed"))] = 0,
    seeds: Annotated[int, typer.Option(metavar="N", help=say("rates.seeds"))] = 5,
    then: Annotated[float | None, typer.Option(metavar="RATE", help=say("rates.then"))] = None,
    picture: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="PICTURE.svg|.png", help=say("rates.picture"))
    ] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Train at each rate from the same starts, and say which reads new images best, how it went and why."""
    from lenet.drawing.write import check_drawing_suffix
    from lenet.rates.comparison import compare_rates

    chosen = _read_rates(rates)
    if then is not None and not (math.isfinite(then) and then > 0):
        raise UsageError("rates.then_range", value=then)
    if picture:
        check_drawing_suffix(picture)
    network = choose_architecture(architecture)
    dataset = load_data(data)
    begun = time.perf_counter()
    curves = _LiveCurves(chosen)
    with curves.shown():
        comparison = compare_rates(
            dataset,
            chosen,
            epochs=epochs,
            batch=batch,
            limit=limit,
            architecture=network,
            engine=engine,
            seed=seed,
            seeds=seeds,
            every=every,
            then=then,
            watch=curves.watch,
            finished=curves.count,
        )
    seconds = time.perf_counter() - begun
    if picture:
        from lenet.rates.picture import draw_comparison

        draw_picture(partial(draw_comparison, comparison), picture)
    if as_json:
        print_json(_describe(comparison, dataset.name, seconds, picture))
    else:
        _print_comparison(comparison, dataset.name, seconds)


def _read_rates(words: str) -> list[float]:
    try:
        chosen = [float(word) for word in words.split(",")]
    except ValueError:
        chosen = []
    if not chosen or not all(math.isfinite(rate) and rate > 0 for rate in chosen):
        raise UsageError("rates.not_rates", value=words)
    return chosen


class _LiveCurves:
    """One line per rate that grows with its training; off a terminal it is printed once, at the end."""

    def __init__(self, rates: list[float]) -> None:
        self._console = make_console(stderr=True)
        self._columns = max(1, min(COLUMNS, self._console.width - BESIDE))
        self._rates = rates
        self._losses = [np.zeros(0) for _ in rates]
        self._steps = [0 for _ in rates]
        self._done, self._total = 0, 0

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the curves while the block runs."""
        from rich.live import Live

        if self._console.is_terminal:
            with Live(get_renderable=self._draw, console=self._console, refresh_per_second=8):
                yield
        else:
            yield
            self._console.print(self._draw(), soft_wrap=True)

    def watch(self, number: int, losses: np.ndarray, steps: int) -> None:
        """Take the losses of a rate so far, and the number of its steps."""
        self._losses[number], self._steps[number] = losses, steps

    def count(self, done: int, total: int) -> None:
        """Take how many trainings are done, of how many."""
        self._done, self._total = done, total

    def _draw(self) -> Text:
        from rich.text import Text

        rows = zip(self._rates, self._losses, self._steps, strict=True)
        lines = [say("rates.live"), *(self._draw_line(*row) for row in rows)]
        if self._done < self._total:
            lines.append(say("rates.trained", done=self._done, total=self._total))
        return Text("\n".join(lines))

    def _draw_line(self, rate: float, losses: np.ndarray, steps: int) -> str:
        # a column stands for the same steps in all curves
        length = max(1, -(-steps // self._columns))
        parts = [losses[at : at + length] for at in range(0, len(losses), length)]
        curve = "".join(_choose_block(float(np.mean(part))) for part in parts)
        last = f"{np.mean(parts[-1]):.3g}" if parts else ""
        return f"{rate:>8g}  {curve:<{self._columns}}  {last}"


def _choose_block(loss: float) -> str:
    if not math.isfinite(loss):
        return "×"
    height = math.log(max(loss, LOWEST) / LOWEST) / math.log(HIGHEST / LOWEST)
    return BLOCKS[min(int(height * len(BLOCKS)), len(BLOCKS) - 1)]


def _describe(comparison: Comparison, data: str, seconds: float, picture: Path | None) -> dict[str, object]:
    """A comparison as one JSON object; `rates` is the list of trials."""
    recipe = comparison.recipe
    return {
        "rates": [_describe_trial(trial) for trial in comparison.trials],
        "best": comparison.good[0].rate if comparison.good else None,
        "as_good": [trial.rate for trial in comparison.good[1:]],
        "recommended": list(comparison.recommended) if comparison.recommended else None,
        "try": comparison.next_rate,
        "setting": {
            "data": data,
            "images": comparison.images,
            "held": comparison.held,
            "architecture": comparison.architecture.to_dict(),
            "update": "plain gradient descent, constant rate",
            "then": comparison.then,
            "loss": recipe.loss,
            "batch": recipe.batch,
            "epochs": recipe.epochs,
            "steps": len(comparison.trials[0].first.losses),
            "every": comparison.every,
            "engine": comparison.engine,
            "seed": comparison.seeds[0],
            "seeds": comparison.seeds,
        },
        "seconds": round(seconds, 2),
        "picture": str(picture) if picture else None,
    }


def _describe_trial(trial: Trial) -> dict[str, object]:
    first = trial.first
    return {
        "rate": trial.rate,
        "verdict": first.judgement.verdict,
        "reason": first.judgement.reason,
        "verdicts": trial.verdicts,
        "error": round(trial.error, 4),
        "seeds": [
            {
                "seed": training.seed,
                "verdict": training.judgement.verdict,
                "error": round(training.error, 4),
                "stuck": training.stuck,
            }
            for training in trial.trainings
        ],
        "shares": {
            "sampling_noise": round(first.shares.sampling_noise, 4),
            "step_size": round(first.shares.step_size, 4),
            "too_few_points": round(first.shares.too_few_points, 4),
        },
        # JSON has no NaN
        "losses": [float(f"{loss:.6g}") if math.isfinite(loss) else None for loss in first.losses],
    }


def _print_comparison(comparison: Comparison, data: str, seconds: float) -> None:
    recipe = comparison.recipe
    values = {"data": data, "images": f"{comparison.images:,}", "engine": comparison.engine}
    values |= {
        "seconds": f"{seconds:.1f}",
        "seeds": _format_seeds(comparison.seeds),
        "steps": str(len(comparison.trials[0].first.losses)),
        "held": f"{comparison.held:,}",
    }
    print_paragraph(say("rates.setting", batch=recipe.batch, epochs=recipe.epochs, **values))
    if comparison.then is not None:
        print_paragraph(say("rates.then_setting", rate=f"{comparison.then:g}"))
    for trial in comparison.trials:
        print_paragraph("")
        _print_trial(trial, comparison)
    print_paragraph("")
    if comparison.every == 1:
        print_paragraph(say("rates.all_drawn"))
    for sentence in _recommend(comparison):
        print_paragraph(sentence)


def _format_seeds(seeds: list[int]) -> str:
    return f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]}\u2013{seeds[-1]}"


def _print_trial(trial: Trial, comparison: Comparison) -> None:
    console, title = make_console(), say("rates.trial", rate=f"{trial.rate:g}", verdict=_name_verdicts(trial))
    console.print("\n".join(wrap_line(title, console.width)), style="bold", soft_wrap=True)
    print_paragraph(say("rates.errors", errors=trial.describe_errors()))
    reason = trial.first.judgement.reason
    if len(trial.trainings) > 1:
        reason = say("rates.of_seed", seed=trial.first.seed, reason=reason)
    print_paragraph(reason)
    print_paragraph(say("rates.shares", **_format_shares(trial)))
    stuck = [training.stuck for training in trial.trainings]
    if any(stuck):
        counts, units = ", ".join(map(str, stuck)), comparison.architecture.layer("f6").units
        print_paragraph(say("rates.stuck", counts=counts, units=units))


def _name_choice(trial: Trial) -> dict[str, str]:
    verdict = say(f"verdict.{trial.usual_verdict}")
    return {"rate": f"{trial.rate:g}", "errors": trial.describe_errors(), "verdict": verdict}


def _name_verdicts(trial: Trial) -> str:
    """The verdict as a word, with how many seeds share it where they do not all."""
    if len(trial.verdicts) == 1:
        return say(f"verdict.{trial.first.judgement.verdict}")
    counts = (
        say(
            "rates.verdict_count",
            verdict=say(f"verdict.{verdict}"),
            count=count,
            seeds=len(trial.trainings),
        )
        for verdict, count in trial.verdicts.items()
    )
    return say("rates.verdict_join").join(counts)


def _format_shares(trial: Trial) -> dict[str, str]:
    shares = trial.first.shares
    names = ("sampling_noise", "step_size", "too_few_points")
    return {name: f"{100 * getattr(shares, name):.0f}%" for name in names}


def _recommend(comparison: Comparison) -> Iterator[str]:
    """What to take, what stands beside it, and what to try next."""
    further = comparison.next_rate
    if comparison.recommended is None:
        yield say("rates.none", rate=f"{further:.2g}")
        return
    best, *others = comparison.good
    yield say("rates.best", **_name_choice(best))
    for trial in others:
        yield say("rates.as_good", **_name_choice(trial))
    if best.usual_verdict == "oscillates":
        yield say("rates.no_harm")
    if further is not None:
        yield say("rates.farther", rate=f"{best.rate:g}", other=f"{further:.2g}")
