"""What going on from trained weights changed: errors before and after, on new pictures and on MNIST."""

from __future__ import annotations

from typing import NamedTuple

from lenet.codes import DIGITS
from lenet.data.dataset import has_mnist_test_part, load_dataset
from lenet.data.examples import Dataset, Examples
from lenet.errors import LenetError
from lenet.evaluation import Evaluation, evaluate
from lenet.network import Network
from lenet.texts import say


class Comparison(NamedTuple):
    """The same images, read by two networks."""

    before: Evaluation
    after: Evaluation


class Change(NamedTuple):
    """What a training changed in a network.

    Args:
        own: on the test part of the data that it learned.
        mnist: on MNIST's test digits, where forgetting shows; None if that was not measured.
        why: why it was not, as a sentence; empty if it was.
    """

    own: Comparison
    mnist: Comparison | None
    why: str


def measure_change(start: Network, end: Network, dataset: Dataset, own: Evaluation) -> Change:
    """Compare a network before and after a training; MNIST is read where it is at hand, never downloaded.

    Args:
        start: before the training.
        end: after it, with the same labels.
        dataset: what it learned, with these labels.
        own: of `end`, on the test part.
    """
    comparison = Comparison(_read(start, dataset.test), own)
    if start.labels != DIGITS:
        return Change(comparison, None, say("further.not_digits"))
    if has_mnist_test_part(dataset):
        return Change(comparison, None, say("further.is_mnist"))
    try:
        test = load_dataset("mnist", download=False).test
    except LenetError as error:
        return Change(comparison, None, str(error))
    return Change(comparison, Comparison(_read(start, test), _read(end, test)), "")


def _read(network: Network, examples: Examples) -> Evaluation:
    return evaluate(network, examples.images, examples.labels)
