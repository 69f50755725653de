"""Interchangeable ways to run and train the network; `reference` is the definition of what they do."""

from lenet.engines.choose import ALIASES, ENGINES, get_engine, get_engine_for
from lenet.engines.engine import Engine, Model, Refusal, Run
from lenet.engines.threads import count_processes
from lenet.engines.update import Update

__all__ = [
    "ALIASES",
    "ENGINES",
    "Engine",
    "Model",
    "Refusal",
    "Run",
    "Update",
    "count_processes",
    "get_engine",
    "get_engine_for",
]
