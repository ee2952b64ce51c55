"""From the text, the machine and the time given to every setting of a run, with its reason.

The rules were found by experiment (see tests/bench/README.md); each is one method below. What a
user gives is taken as it is, and later rules build on it.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnngen.config import ModelConfig, TrainConfig, option
from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_MINUTES = 5.0
MOST_MINUTES = 60.0
"""Where passes are asked for and no time, no model is chosen that would need longer."""
USUAL_BATCH_SIZE, USUAL_SEQ_LEN = 32, 64
FLOPS_PER_CORE = 33e9
"""What one core of a common laptop or server does in fp32 while training (AVX2)."""
FLOPS_PER_GPU = 5e12
TOKENS_PER_PARAMETER = 10.0
"""How a time budget is best spent: read this many tokens for each weight of the layers."""
MANY_TOKENS = 1000
"""In a vocabulary; with so many, they are words or parts of words, whose n-grams come seldom."""
NGRAM_DIM = 64
MOST_EPOCHS_OF_WORDS = 3
MOST_EPOCHS_OF_CHARS = 6
"""Of n-grams of more than two: 581 KB of haiku were at 1.855 bits per byte with up to 4 after
some ten passes, with those of 2 at 1.836."""
LITTLE = 300_000
"""Tokens. In less text few n-grams come back and are learned by heart: 2 KB of tinyshakespeare
end at 3.42 bits per character without n-grams and at 3.97 with 4, 200 KB at 2.31 and 2.33."""
FINE_TUNING_NGRAM_RATE = 0.2
"""At 1, haiku were at 1.874 bits per byte after two passes and rose from there; at 0.2, 1.824."""
FINE_TUNING_RATE = 0.75
"""Of the usual rate, for the usual batch; smaller ones take less, by the square root."""
FINE_TUNING_EPOCHS = 3
FINE_TUNING_DROPOUT = 0.1
STEPS_PER_EPOCH, FINE_TUNING_STEPS_PER_EPOCH = 8, 64
"""At least. 50 KB of posts were at 2.065 bits per byte with 9 steps a pass, at 1.921 with 58."""
FINE_TUNING_PATIENCE = 3
OF_NGRAMS = ("ngram_buckets", "ngram_dim")
SHAPE = (
    *("cell", "num_layers", "hidden_size", "embedding_dim", "tie_weights", "norm", "skip"),
    "ngrams",
)
"""Settings of a model that its weights depend on; with n-grams also those of `OF_NGRAMS`."""
LEAST_PARAMETERS = 40_000
PARAMETERS_PER_TOKEN = 4
"""A model larger than this times the text learns the text by heart."""


@dataclass(frozen=True)
class Situation:
    """What the recipe looks at."""

    num_tokens: int
    """Tokens to train on, held-out ones not counted."""
    held_out: int
    """Tokens held out."""
    vocab_size: int
    cores: int = 1
    device: str = "cpu"
    pretrained: ModelConfig | None = None
    """The model whose training goes on, if there is one; its shape stays."""


@dataclass(frozen=True)
class Recipe:
    model: ModelConfig
    train: TrainConfig
    reasons: dict[str, str]
    """Setting -> why it has its value, in the order they were chosen."""


def choose(situation: Situation, given: Mapping[str, Any]) -> Recipe:
    """All settings. given: settings the user fixed, by their names in the two configs.

    Raises ConfigError if a given value cannot be.
    """
    check(given, situation.pretrained)
    return _Chooser(situation, given).recipe()


def check(given: Mapping[str, Any], pretrained: ModelConfig | None = None) -> None:
    """What is given must be sound by itself: rules calculate with it.

    Raises ConfigError, before a text was read.
    """
    if pretrained is not None:
        _check_shape(pretrained, given)
    # Tying is checked against the widths once both are chosen.
    model = {**given, "vocab_size": 1, "tie_weights": False}
    ModelConfig.from_dict(_fields(ModelConfig, model))
    TrainConfig.from_dict(_fields(TrainConfig, given))


def _check_shape(pretrained: ModelConfig, given: Mapping[str, Any]) -> None:
    for name in (*SHAPE, *(OF_NGRAMS if pretrained.ngrams > 1 else ())):
        kept = getattr(pretrained, name)
        if given.get(name, kept) != kept:
            raise ConfigError(
                f"{option(name)} cannot be {given[name]}: the model to start from has {kept}, and"
                " a model keeps its shape. Leave it out, or train a new model."
            )


class _Chooser:
    def __init__(self, situation: Situation, given: Mapping[str, Any]) -> None:
        self.situation = situation
        self.given = dict(given)
        self.values: dict[str, Any] = {"vocab_size": situation.vocab_size}
        self.reasons: dict[str, str] = {}

    def recipe(self) -> Recipe:
        self.budget()
        self.size()
        self.streams()
        self.ngrams()
        self.regularisation()
        self.rate()
        self.evaluation()
        values = self.values | self.given
        return Recipe(
            ModelConfig.from_dict(_fields(ModelConfig, values)),
            TrainConfig.from_dict(_fields(TrainConfig, values)),
            self.reasons,
        )

    def settle(self, name: str, value: Any, reason: str) -> Any:
        """Take the user's value if there is one, else `value`."""
        if name in self.given:
            self.reasons[name] = "as asked"
            value = self.given[name]
        else:
            self.reasons[name] = reason
        self.values[name] = value
        return value

    def get(self, name: str) -> Any:
        return self.given.get(name, self.values.get(name))

    def budget(self) -> None:
        self.settle("cell", "lstm", "the long memory; --cell gru is the lighter one")
        if self.get("steps") is None and self.get("epochs") is None:
            self.settle("minutes", DEFAULT_MINUTES, "more time writes better: --minutes N")
            if self.situation.pretrained is not None:
                self.settle("epochs", float(FINE_TUNING_EPOCHS), "at most: the model can write")
            elif self.get("minutes") is not None:
                n = self.situation.num_tokens
                most = round(max(6.0, 40 * min((n / 1e6) ** 0.11, (1e6 / n) ** 0.25)))
                self.settle("epochs", float(most), "at most: more passes would not pay")

    def size(self) -> None:
        if (pretrained := self.situation.pretrained) is not None:
            for name in SHAPE:
                self.settle(name, getattr(pretrained, name), "as it is trained")
            return
        by_text = max(LEAST_PARAMETERS, PARAMETERS_PER_TOKEN * self.situation.num_tokens)
        by_time = self._parameters_for(self.get("minutes") or MOST_MINUTES)
        by_work = max(LEAST_PARAMETERS, self._tokens_asked_for() / TOKENS_PER_PARAMETER)
        parameters = min(by_text, by_time, by_work)
        why = "what the time allows"
        if parameters in (by_text, by_work):
            asked = {"steps", "epochs"} & self.given.keys() and parameters == by_work
            why = "what so many steps can teach" if asked else "what the text can teach"
        layers = self.settle("num_layers", 2 if parameters >= 150_000 else 1, why)
        # An LSTM layer of H units reading H numbers has 8 H^2 weights.
        hidden = 32 * max(2, round(math.sqrt(parameters / (8 * layers)) / 32))
        hidden = self.settle("hidden_size", min(hidden, 1024), why)
        self.settle("embedding_dim", hidden, "as wide as the layers, so that all have a skip")
        tie = self.situation.vocab_size > 4000 and self.get("embedding_dim") == hidden
        self.settle("tie_weights", tie, "one matrix for many tokens" if tie else "few tokens")

    def ngrams(self) -> None:
        """Embeddings of n-grams, and their rate."""
        if (pretrained := self.situation.pretrained) is None:
            self._new_ngrams()
        elif pretrained.ngrams > 1:
            for name in OF_NGRAMS:
                self.settle(name, getattr(pretrained, name), "as it is trained")
        if self.get("ngrams") > 1:
            rate, why = 10.0, "what comes seldom is soon forgotten"
            if self._words:
                rate, why = 1.0, "runs of words come seldom"
                if pretrained is not None:
                    rate, why = FINE_TUNING_NGRAM_RATE, "they would be learned by heart"
            self.settle("ngram_rate", rate, why)

    @property
    def _words(self) -> bool:
        return self.situation.vocab_size >= MANY_TOKENS

    def _new_ngrams(self) -> None:
        longest, most, why = 4, 2**14, "what stood just before, at a glance"
        if self.situation.num_tokens < LITTLE:
            longest, why = 1, "so short a text has few that come back"
        elif self._words:
            longest, most = 3, 2**16
            if self.expected_epochs() > MOST_EPOCHS_OF_WORDS:
                longest, why = 1, "so many passes would learn runs of words by heart"
        elif self.expected_epochs() > MOST_EPOCHS_OF_CHARS:
            longest, why = 2, "so many passes would learn longer runs by heart"
        if self.settle("ngrams", longest, why) > 1:
            fitting = 2 ** max(4, round(math.log2(self.situation.num_tokens / 8)))
            self.settle("ngram_buckets", min(most, fitting), "for the runs that come often")
            self.settle("ngram_dim", NGRAM_DIM, "then made as wide as the embedding")

    def _parameters_for(self, minutes: float) -> float:
        flops = minutes * 60 * self._flops()
        # A weight costs 6 operations a token: 2 forward, 4 backward (Kaplan et al. 2020).
        return math.sqrt(flops / (6 * TOKENS_PER_PARAMETER))

    def _flops(self) -> float:
        """What the machine does in a second."""
        if self.situation.device == "cuda":
            return FLOPS_PER_GPU
        return FLOPS_PER_CORE * self.situation.cores

    def _tokens_asked_for(self) -> float:
        """What `steps` and `epochs` amount to; without end if neither is set."""
        most = [(self.get("epochs") or math.inf) * self.situation.num_tokens]
        if steps := self.get("steps"):
            usual = USUAL_BATCH_SIZE * USUAL_SEQ_LEN
            given = (self.get("batch_size") or 1) * (self.get("seq_len") or 1)
            most.append(steps * max(usual, given))
        return float(min(most))

    def streams(self) -> None:
        n = self.situation.num_tokens
        seq_len = self.settle(
            "seq_len", max(1, min(USUAL_SEQ_LEN, n)), "the state is carried on beyond it"
        )
        usual = 128 if self.situation.device == "cuda" else USUAL_BATCH_SIZE
        trained = self.situation.pretrained is not None
        steps = FINE_TUNING_STEPS_PER_EPOCH if trained else STEPS_PER_EPOCH
        fitting = max(1, n // (steps * seq_len))
        if fitting < usual:
            self.settle("batch_size", fitting, f"small: the text has only {n:,} tokens")
        else:
            self.settle("batch_size", usual, "many updates, and still fast")
        if self.get("batch_size") > n:
            self.given["batch_size"] = n
            self.reasons["batch_size"] = f"the text has only {n:,} tokens"

    def expected_epochs(self) -> float:
        """Passes over the text that the budget makes likely."""
        n = self.situation.num_tokens
        most = [self.get("epochs") or math.inf]
        if steps := self.get("steps"):
            most.append(steps * self.get("batch_size") * self.get("seq_len") / n)
        if minutes := self.get("minutes"):
            weights = 8 * self.get("num_layers") * self.get("hidden_size") ** 2
            weights += self.situation.vocab_size * self.get("hidden_size")
            most.append(minutes * 60 * self._flops() / (6 * weights * n))
        return float(min(most))

    def regularisation(self) -> None:
        epochs = self.expected_epochs()
        steps = ((6, 0.0), (8, 0.1), (12, 0.2), (40, 0.3), (math.inf, 0.4))
        dropout = next(share for most, share in steps if epochs <= most)
        why = f"about {epochs:.1f} passes over the text"
        if self.situation.pretrained is not None:
            dropout = max(dropout, FINE_TUNING_DROPOUT)
        self.settle("dropout", dropout, why)
        self.settle("weight_decay", 0.1, "on matrices only")

    def rate(self) -> None:
        hidden = self.get("hidden_size")
        rate = min(8e-3, max(1e-3, 6e-3 * math.sqrt(256 / hidden)))
        why = f"for {hidden} units"
        if self.situation.pretrained is not None:
            share = min(1.0, self.get("batch_size") / USUAL_BATCH_SIZE)
            rate *= FINE_TUNING_RATE * math.sqrt(share)
            why += ", less than for a new model"
        self.settle("learning_rate", float(f"{rate:.2g}"), why)
        self.settle("warmup_steps", 50, "then a cosine down to zero")

    def evaluation(self) -> None:
        """Reading held-out text costs a third of training on it: keep that within a tenth."""
        if self.situation.pretrained is not None:
            self.settle("patience", FINE_TUNING_PATIENCE, "held-out text says when it is enough")
        held_out = self.situation.held_out
        allowed = 0.3 * self.expected_epochs() * self.situation.num_tokens
        often = int(min(10, max(3, allowed / held_out)))
        often = self.settle("evaluations", often, "spread over the run")
        most = max(100_000, int(allowed / often))
        if held_out > most:
            self.settle("valid_tokens", most, "of the held-out text: little time goes there")


def _fields(config: type, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {f.name for f in dataclasses.fields(config)}
    return {name: value for name, value in values.items() if name in names}
