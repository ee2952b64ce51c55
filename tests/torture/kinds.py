"""The kinds of runs that are killed, and what each must be at its end."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnngen import runs, tensor_file
from tests.precision import PRECISION_OPTION

NAME = "run"
COMMON = (
    *("--quiet", "--device", "cpu", "--threads", "1", *PRECISION_OPTION),
    *("--steps", "12", "--evaluations", "4", "--batch-size", "4", "--seq-len", "8"),
)
TINY = ("--hidden-size", "8", "--num-layers", "1")
CONTINUOUS, SHORT = ("--documents", "none"), ("--documents", "paragraph")


@dataclass(frozen=True)
class Kind:
    """A kind of run."""

    name: str
    options: tuple[str, ...]
    processes: int = 1
    replaces: bool = False
    """Another run stands in its place before."""


LSTM, GRU = ("--cell", "lstm"), ("--cell", "gru")
CHAR, BYTE = ("--tokenizer", "char", *TINY), ("--tokenizer", "byte", *TINY)
SUBWORD = ("--tokenizer", "subword", "--vocab-size", "300", *TINY)
NGRAMS = ("--ngrams", "3", "--ngram-buckets", "64")
KINDS = (
    Kind("char, LSTM, documents", (*CHAR, *LSTM, *SHORT)),
    Kind("char, GRU, continuous", (*CHAR, *GRU, *CONTINUOUS)),
    Kind("byte, LSTM, continuous", (*BYTE, *LSTM, *CONTINUOUS)),
    Kind("byte, GRU, n-grams, documents", (*BYTE, *GRU, *NGRAMS, *SHORT)),
    Kind("subword, LSTM, n-grams, documents", (*SUBWORD, *LSTM, *NGRAMS, *SHORT)),
    Kind("subword, GRU, continuous", (*SUBWORD, *GRU, *CONTINUOUS)),
    Kind("2 layers, dropout, 2 threads", (*CHAR, "--num-layers", "2", "--dropout", "0.3",
                                          "--threads", "2", *SHORT)),
    Kind("fine-tuned, documents", ("--init-from", "base", *SHORT)),
    Kind("fine-tuned, continuous", ("--init-from", "base", *CONTINUOUS)),
    Kind("replaces another", (*CHAR, *GRU, *SHORT), replaces=True),
    Kind("2 processes, char, LSTM", (*CHAR, *LSTM, *SHORT), processes=2),
    Kind("2 processes, byte, GRU", (*BYTE, *GRU, *CONTINUOUS), processes=2),
)  # fmt: skip


def write_text(path: Path) -> Path:
    path.write_text("".join(f"line {k} of a text, {k * k % 97} words\n\n" for k in range(90)))
    return path


def arguments(kind: Kind, text: Path) -> list[str]:
    """What begins a run of this kind."""
    return ["train", str(text), "--name", NAME, *COMMON, *kind.options]


def state_of(home: Path) -> tuple[Any, ...]:
    """What two runs that are one have in common at their end: weights, moments, settings, log.

    Last comes at which steps the state was saved.
    """
    folder = home / NAME
    state, facts = tensor_file.load_tensors(folder / runs.TRAINING_FILE, "training")
    model, of_model = tensor_file.load_tensors(folder / runs.MODEL_FILE, "model")
    del facts["progress"]["seconds"], of_model["training"]["seconds"], of_model["created"]
    tensors = [{n: array.tobytes() for n, array in each.items()} for each in (state, model)]
    events = events_of(folder / runs.LOG_FILE)
    saved = {event["step"] for event in events.pop("saved")}  # more where it was interrupted
    return (*tensors, facts, of_model, events, saved)


def events_of(log: Path) -> dict[str, list[dict[str, Any]]]:
    """The events of a log by their kinds, without what a clock decides.

    Each time a run goes on it says again how long it will be, and the end is saved twice.
    Raises AssertionError for a line that is none, or an event out of order.
    """
    *lines, end = log.read_bytes().split(b"\n")
    assert end == b"", "the last line is not whole"
    events = [json.loads(line) for line in lines]
    steps = [event["step"] for event in events]
    assert steps == sorted(steps), "the log goes back"
    assert [e["event"] for e in events].count("stopped") == 1
    assert events[-1]["event"] == "stopped"
    found: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        for name in ("seconds", "tokens_per_second", "path"):
            event.pop(name, None)
        if event["event"] == "step":  # the mean since the last report, or since the run went on
            del event["train_nats_per_token"]
        if event["event"] == "limited":  # the loss of the last evaluation no state holds
            del event["by"], event["why"]
        of_kind = found.setdefault(event["event"], [])
        if event["event"] == "planned":
            event = {"event": "planned", "total_steps": event["total_steps"]}
        if event["event"] not in ("planned", "saved") or event not in of_kind:
            of_kind.append(event)
    return found
