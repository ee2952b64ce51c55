"""From the text, the machine and the time given to every setting of a run, with its reason.

The rules were found by experiment (see docs/benchmarks.md). Each is a function of the situation,
of what the user gave, and of what earlier rules chose; `choose` applies them in order. What a user
gives is taken as it is, and later rules build on it.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnngen.config import BUDGET, ModelConfig, TrainConfig
from rnngen.counts import count
from rnngen.errors import ConfigError
from rnngen.training.choices import (
    BudgetChoices,
    CellChoices,
    Choice,
    Choices,
    EvaluationChoices,
    Given,
    NGramChoices,
    RateChoices,
    RegularisationChoices,
    SizeChoices,
    StreamChoices,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rnngen.training.situation import Situation

DEFAULT_MINUTES = 5.0
MOST_MINUTES = 60.0
"""Where passes are asked for and no time, no model is chosen that would need longer."""
USUAL_BATCH_SIZE, USUAL_SEQ_LEN = 32, 64
TOKENS_PER_PARAMETER = 10.0
"""How a time budget is best spent: read this many tokens for each weight of the layers."""
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
AS_TRAINED = "as in the model it starts from"
DROPOUT_BY_EPOCHS = ((6, 0.0), (8, 0.1), (12, 0.2), (40, 0.3), (math.inf, 0.4))
"""(Most passes over the text, dropout)."""


@dataclass(frozen=True)
class Recipe:
    model: ModelConfig
    train: TrainConfig
    reasons: dict[str, str]
    """Setting -> why it has its value, in the order they were chosen."""


def choose(situation: Situation, settings: Mapping[str, Any]) -> Recipe:
    """All settings. settings: those the user fixed, by their names in the two configs.

    Raises ConfigError if a given value cannot be.
    """
    check(settings, situation.pretrained)
    given = Given(settings)
    cell = choose_cell(situation, given)
    budget = choose_budget(situation, given)
    size = choose_size(situation, given, budget)
    streams = choose_streams(situation, given)
    epochs = expected_epochs(situation, budget, size, streams)
    ngrams = choose_ngrams(situation, given, epochs)
    regularisation = choose_regularisation(situation, given, epochs)
    rate = choose_rate(situation, given, size, streams)
    evaluations = choose_evaluations(situation, given, epochs)
    return _recipe(
        {**settings, "vocab_size": situation.vocab_size},
        [cell, budget, size, streams, ngrams, regularisation, rate, evaluations],
    )


def _recipe(settings: Mapping[str, Any], chosen: Sequence[Choices]) -> Recipe:
    """What is chosen stands above `settings`: it already holds what the user gave."""
    choices: dict[str, Choice[Any]] = {}
    for part in chosen:
        choices |= part.by_setting()
    values = {**settings, **{name: choice.value for name, choice in choices.items()}}
    return Recipe(
        ModelConfig.from_dict(_fields(ModelConfig, values)),
        TrainConfig.from_dict(_fields(TrainConfig, values)),
        {name: choice.reason for name, choice in choices.items() if choice.reason},
    )


def _fields(config: type, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {f.name for f in dataclasses.fields(config)}
    return {name: value for name, value in values.items() if name in names}


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
                f"`{name}` cannot be {given[name]}: the model to start from has {kept}, and"
                " a model keeps its shape. Leave it out, or train a new model."
            )


def choose_cell(situation: Situation, given: Given) -> CellChoices:
    if (pretrained := situation.pretrained) is not None:
        return CellChoices(given.or_else("cell", pretrained.cell, AS_TRAINED))
    return CellChoices(given.or_else("cell", "lstm", "remembers longer; `cell` gru is lighter"))


def choose_budget(situation: Situation, given: Given) -> BudgetChoices:
    """A time, and a number of passes that it is not to exceed; nothing if the user gave an end."""
    minutes, epochs, steps = map(given.unexplained, BUDGET)
    if steps.value is not None or epochs.value is not None:
        return BudgetChoices(minutes, epochs, steps)
    why = "more time gives a better model: `minutes` N"
    minutes = given.or_else("minutes", DEFAULT_MINUTES, why)
    if situation.pretrained is not None:
        most, why = FINE_TUNING_EPOCHS, "at most: the model has learned to write already"
        epochs = given.or_else("epochs", float(most), why)
    elif minutes.value is not None:
        n = situation.num_tokens
        most = round(max(6.0, 40 * min((n / 1e6) ** 0.11, (1e6 / n) ** 0.25)))
        epochs = given.or_else("epochs", float(most), "at most: more passes would not help")
    return BudgetChoices(minutes, epochs, steps)


def choose_size(situation: Situation, given: Given, budget: BudgetChoices) -> SizeChoices:
    """As many parameters as text, time and work allow, as layers of equal width."""
    if (pretrained := situation.pretrained) is not None:
        return SizeChoices(
            **{
                name: given.or_else(name, getattr(pretrained, name), AS_TRAINED)
                for name in SHAPE
                if name != "cell"
            }
        )
    parameters, why = _parameters(situation, given, budget)
    num_layers = given.or_else("num_layers", 2 if parameters >= 150_000 else 1, why)
    # An LSTM layer of H units reading H numbers has 8 H^2 weights.
    width = 32 * max(2, round(math.sqrt(parameters / (8 * num_layers.value)) / 32))
    hidden_size = given.or_else("hidden_size", min(width, 1024), why)
    hidden = hidden_size.value
    embedding_dim = given.or_else(
        "embedding_dim", hidden, "the width of the layers, so that each has a skip connection"
    )
    tie = situation.vocab_size > 4000 and embedding_dim.value == hidden
    why = "one matrix for a large vocabulary" if tie else "the vocabulary is small"
    tied = given.or_else("tie_weights", tie, why)
    return SizeChoices(num_layers, hidden_size, embedding_dim, tied)


def _parameters(situation: Situation, given: Given, budget: BudgetChoices) -> tuple[float, str]:
    """Weights that the layers are to have, about, and what bounds their number."""
    by_text = max(LEAST_PARAMETERS, PARAMETERS_PER_TOKEN * situation.num_tokens)
    by_work = max(
        LEAST_PARAMETERS, _tokens_asked_for(situation, given, budget) / TOKENS_PER_PARAMETER
    )
    # A weight costs 6 operations a token: 2 forward, 4 backward (Kaplan et al. 2020).
    flops = (budget.minutes.value or MOST_MINUTES) * 60 * situation.flops
    by_time = math.sqrt(flops / (6 * TOKENS_PER_PARAMETER))
    parameters = min(by_text, by_time, by_work)
    if parameters == by_work and {"steps", "epochs"} & given.settings.keys():
        return parameters, "as large as these steps support"
    if parameters in (by_text, by_work):
        return parameters, "as large as the text supports"
    return parameters, "as large as the time allows"


def _tokens_asked_for(situation: Situation, given: Given, budget: BudgetChoices) -> float:
    """What `steps` and `epochs` amount to; without end if neither is set."""
    most = [(budget.epochs.value or math.inf) * situation.num_tokens]
    if steps := budget.steps.value:
        usual = USUAL_BATCH_SIZE * USUAL_SEQ_LEN
        batch_size, seq_len = (given.settings.get(name) or 1 for name in ("batch_size", "seq_len"))
        most.append(steps * max(usual, batch_size * seq_len))
    return float(min(most))


def choose_streams(situation: Situation, given: Given) -> StreamChoices:
    """Small batches where the usual ones would leave an epoch too few steps."""
    n = situation.num_tokens
    why = "the state carries over to the next piece"
    seq_len = given.or_else("seq_len", max(1, min(USUAL_SEQ_LEN, n)), why)
    usual = 128 if situation.device == "cuda" else USUAL_BATCH_SIZE
    steps = STEPS_PER_EPOCH if situation.pretrained is None else FINE_TUNING_STEPS_PER_EPOCH
    fitting = max(1, n // (steps * seq_len.value))
    if fitting < usual:
        why = f"small: the text has only {count(n, 'token')}"
        batch_size = given.or_else("batch_size", fitting, why)
    else:
        batch_size = given.or_else("batch_size", usual, "many updates at a good speed")
    if batch_size.value > n:  # even where the user gave it: a stream without a token cannot be
        batch_size = Choice(n, f"the text has only {count(n, 'token')}")
    return StreamChoices(seq_len, batch_size)


def expected_epochs(
    situation: Situation, budget: BudgetChoices, size: SizeChoices, streams: StreamChoices
) -> float:
    """Passes over the text that the budget makes likely."""
    n = situation.num_tokens
    most = [budget.epochs.value or math.inf]
    if steps := budget.steps.value:
        most.append(steps * streams.batch_size.value * streams.seq_len.value / n)
    if minutes := budget.minutes.value:
        hidden = size.hidden_size.value
        weights = 8 * size.num_layers.value * hidden**2 + situation.vocab_size * hidden
        most.append(minutes * 60 * situation.flops / (6 * weights * n))
    return float(min(most))


def choose_ngrams(situation: Situation, given: Given, epochs: float) -> NGramChoices:
    """Embeddings of n-grams, and their rate; a trained model keeps those it has."""
    if (pretrained := situation.pretrained) is None:
        chosen = _new_ngrams(situation, given, epochs)
    else:
        kept = SHAPE[-1:] + (OF_NGRAMS if pretrained.ngrams > 1 else ())
        chosen = NGramChoices(
            **{name: given.or_else(name, getattr(pretrained, name), AS_TRAINED) for name in kept}
        )
    if chosen.ngrams.value <= 1:
        return chosen
    rate, why = 10.0, "rare n-grams get few updates"
    if situation.has_words:
        rate, why = 1.0, "n-grams of subwords are rare, and easily learned by heart"
        if pretrained is not None:
            rate, why = FINE_TUNING_NGRAM_RATE, "at a higher rate they would be learned by heart"
    return dataclasses.replace(chosen, ngram_rate=given.or_else("ngram_rate", rate, why))


def _new_ngrams(situation: Situation, given: Given, epochs: float) -> NGramChoices:
    longest, most, why = 4, 2**14, "the model sees the last few tokens directly"
    if situation.num_tokens < LITTLE:
        longest, why = 1, "in a short text few n-grams occur twice"
    elif situation.has_words:
        longest, most = 3, 2**16
        if epochs > MOST_EPOCHS_OF_WORDS:
            longest, why = 1, "over so many passes n-grams are learned by heart"
    elif epochs > MOST_EPOCHS_OF_CHARS:
        longest, why = 2, "over so many passes longer n-grams are learned by heart"
    ngrams = given.or_else("ngrams", longest, why)
    if ngrams.value <= 1:
        return NGramChoices(ngrams)
    fitting = 2 ** max(4, round(math.log2(situation.num_tokens / 8)))
    return NGramChoices(
        ngrams,
        given.or_else("ngram_buckets", min(most, fitting), "room for the frequent n-grams"),
        given.or_else("ngram_dim", NGRAM_DIM, "then projected to the width of the embedding"),
    )


def choose_regularisation(
    situation: Situation, given: Given, epochs: float
) -> RegularisationChoices:
    """The more often the text is read, the more dropout keeps it from being learned by heart."""
    dropout = next(share for most, share in DROPOUT_BY_EPOCHS if epochs <= most)
    if situation.pretrained is not None:
        dropout = max(dropout, FINE_TUNING_DROPOUT)
    return RegularisationChoices(
        given.or_else("dropout", dropout, f"about {epochs:.1f} passes over the text"),
        given.or_else("weight_decay", 0.1, "on matrices only"),
    )


def choose_rate(
    situation: Situation, given: Given, size: SizeChoices, streams: StreamChoices
) -> RateChoices:
    """Less for wide layers, and for a model that was trained before."""
    hidden = size.hidden_size.value
    rate, why = min(8e-3, max(1e-3, 6e-3 * math.sqrt(256 / hidden))), f"for {hidden} units"
    if situation.pretrained is not None:
        share = min(1.0, streams.batch_size.value / USUAL_BATCH_SIZE)
        rate *= FINE_TUNING_RATE * math.sqrt(share)
        why += ", lower than for a new model"
    return RateChoices(
        given.or_else("learning_rate", float(f"{rate:.2g}"), why),
        given.or_else("warmup_steps", 50, "then the rate falls along a cosine to zero"),
    )


def choose_evaluations(situation: Situation, given: Given, epochs: float) -> EvaluationChoices:
    """Reading held-out text costs a third of training on it: keep that within a tenth."""
    patience = valid_tokens = None
    if situation.pretrained is not None:
        why = "stops when the held-out loss no longer improves"
        patience = given.or_else("patience", FINE_TUNING_PATIENCE, why)
    held_out = situation.held_out
    allowed = 0.3 * epochs * situation.num_tokens
    often = int(min(10, max(3, allowed / held_out)))
    evaluations = given.or_else("evaluations", often, "spread over the run")
    most = max(100_000, int(allowed / evaluations.value))
    if held_out > most:
        why = "a part of the held-out text, to save time"
        valid_tokens = given.or_else("valid_tokens", most, why)
    return EvaluationChoices(patience, evaluations, valid_tokens)
