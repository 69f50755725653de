"""The data set that a verb asks for, with its download shown and a substitute where MNIST cannot be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lenet.cli.output import make_console
from lenet.cli.progress import show_download
from lenet.errors import DownloadError
from lenet.texts import say

if TYPE_CHECKING:
    from lenet.data.dataset import Dataset
    from lenet.network import Network


def load_data(name: str | None, limit: int | None = None, network: Network | None = None) -> Dataset:
    """Load a data set and print on standard error what was found.

    Args:
        name: what `load_dataset` takes; None for MNIST, or "digits" where MNIST cannot be downloaded.
        limit: keep only the first so many training images; None for all.
        network: reads the pictures of a folder as it will recognize others; None to read them without it.
    Raises:
        LenetError: the data cannot be loaded.
    """
    from lenet.data.dataset import load_dataset
    from lenet.plausibility import find_suspicions

    console = make_console(stderr=True)
    try:
        with show_download() as progress:
            pick = network.picker if network else None
            dataset = load_dataset(name or "mnist", limit=limit, progress=progress, pick=pick)
    except DownloadError as error:
        if name:
            raise
        console.print(str(error), soft_wrap=True)
        console.print(say("train.instead"), style="bold", soft_wrap=True)
        dataset = load_dataset("digits", limit=limit)
    console.print(dataset.seen, soft_wrap=True)
    for suspicion in find_suspicions(dataset):
        console.print(str(suspicion), style="bold", soft_wrap=True)
    return dataset
