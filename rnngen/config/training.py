"""How a model is trained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from rnngen.config.base import Config, setting
from rnngen.config.text import TEXT

BUDGET = ("minutes", "epochs", "steps")
"""Settings of a TrainConfig that say when a run ends."""
PRECISIONS = ("auto", "fp32", "bf16")
LARGEST = (1 << 53) - 1
"""The largest whole number that every program reads back from JSON as it was."""
DEVICES = ("auto", "cpu", "cuda", "mps")
TIME, MACHINE = "Time", "Machine"
usual = partial(setting, group="Training")
chosen = partial(usual, is_chosen=True)


@dataclass(frozen=True)
class TrainConfig(Config):
    """How a model is trained. `None` means that there is no such limit."""

    batch_size: int = chosen("Streams of text to read side by side.", 32)
    seq_len: int = chosen("Tokens of each stream between two updates.", 64)
    learning_rate: float = chosen("Peak learning rate.", 5e-3)
    final_rate: float = usual("Final learning rate, as a share of the peak.", 0.0)
    ngram_rate: float = chosen("Learning rate of the n-grams, as a share of the rest.", 1.0)
    warmup_steps: int = usual("Steps over which the learning rate rises from 0.", 50)
    weight_decay: float = usual("AdamW weight decay. It applies to matrices only.", 0.1)
    clip: float = usual("Largest gradient norm. Longer gradients are scaled down to it.", 1.0)
    steps: int | None = setting("Stop after this many updates of the weights.", None, group=TIME)
    epochs: float | None = setting(
        "Stop after this many passes over the training text.", None, group=TIME
    )
    minutes: float | None = setting(
        "Train for about this many minutes: 5 if you set no end.", None, group=TIME
    )
    patience: int = setting(
        "Stop after this many evaluations without a gain. 0: never.", 5, group=TIME
    )
    evaluations: int = setting(
        "Number of evaluations, spread over the run.", 10, group=TIME, is_chosen=True
    )
    valid_fraction: float = setting(
        "Share of the text to hold out for measuring the model.", 0.1, group=TEXT, is_chosen=True
    )
    valid_tokens: int = setting(
        "Read at most this many held-out tokens per evaluation. 0: all.",
        0,
        group=TEXT,
        is_chosen=True,
    )
    precision: str = setting("Arithmetic.", "auto", group=MACHINE, choices=PRECISIONS)
    device: str = setting("Device to train on.", "auto", group=MACHINE, choices=DEVICES)
    threads: int = setting(
        "CPU threads that share each batch. 0: as many as help.", 0, group=MACHINE
    )
    seed: int = setting("Seed of all randomness in the run.", 0, group=MACHINE)

    def __post_init__(self) -> None:
        self._check_types()
        for name in ("batch_size", "seq_len", "evaluations"):
            self._check_integer(name, 1, most=1 << 20)
        for name in ("warmup_steps", "patience", "valid_tokens", "seed"):
            self._check_integer(name, 0, most=LARGEST)
        self._check_integer("threads", 0, most=1024)
        if self.steps is not None:
            self._check_integer("steps", 1, most=LARGEST)
        for name in ("epochs", "minutes"):
            value = getattr(self, name)
            if value is not None:
                self._check_number(name, value > 0, "above 0")
        self._check_number("learning_rate", self.learning_rate > 0, "above 0")
        self._check_number("ngram_rate", self.ngram_rate > 0, "above 0")
        self._check_number("clip", self.clip > 0, "above 0")
        self._check_number("weight_decay", self.weight_decay >= 0, "at least 0")
        self._check_number("final_rate", 0 <= self.final_rate <= 1, "from 0 to 1")
        self._check_number(
            "valid_fraction", 0 < self.valid_fraction < 1, "between 0 and 1, both excluded"
        )
        self._check_choice("precision", PRECISIONS)
        self._check_choice("device", DEVICES)
