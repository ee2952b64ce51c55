"""A trained model to write with, from Python as from the command line. Imports no torch.

>>> import rnngen
>>> haiku = rnngen.load("haiku")
>>> for text in haiku.sample(n=3, seed=1):
...     print(text.text)
"""

from __future__ import annotations

import dataclasses
import time
import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen import checkpoint, runs
from rnngen.config import SampleConfig, option
from rnngen.errors import ConfigError, CorpusError, FormError
from rnngen.model.numpy_runtime import NumpyRuntime
from rnngen.sampling import logits as logit_rules
from rnngen.sampling.novelty_guard import check_index
from rnngen.sampling.sampler import Sampler
from rnngen.score import Scorer, TextPiece
from rnngen.score.reader import RuntimeReader

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from pathlib import Path

    from rnngen.forms.distinct import FormText
    from rnngen.forms.search import Truncate
    from rnngen.forms.spec import FormSpec
    from rnngen.sampling.draft import SampledText
    from rnngen.score import Score
    from rnngen.score.reader import Reader
    from rnngen.training.events import Event


FORM_SETTINGS = ("temperature", "top_k", "top_p", "min_p", "novel")
"""Those of SampleConfig that say how a text of a form is drawn; the form says all else."""

SHORT = 160
"""Tokens of a text that a model in training writes."""


def load(name: str | Path) -> LanguageModel:
    """The model called `name`, or the one at a path. Raises CheckpointError."""
    return LanguageModel(checkpoint.load_model(runs.find_model(str(name))))


def train(
    *paths: str | Path,
    name: str | None = None,
    output: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    init_from: str | None = None,
    tensorboard: str | Path | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    note: Callable[[str], None] | None = None,
    **settings: Any,
) -> Iterator[Event]:
    """Train a model as `rnngen train` does; yields what happens, up to Stopped (events.py).

    >>> for event in rnngen.train("poems.txt", name="poems", minutes=2):
    ...     print(event)
    >>> poems = rnngen.load("poems")

    The arguments are the command's; settings are fields of TextConfig, ModelConfig and TrainConfig,
    and those left out are chosen. Nothing happens before the first event is asked for.
    should_stop: asked after every step; once true, the run is saved and stops. Who leaves the loop
    before loses what was learned since the last Saved, and can resume from there.
    note: called with a line where something turned out otherwise than asked.
    Imports torch. Raises ConfigError for arguments that cannot be, later RnngenError.
    """
    from contextlib import nullcontext
    from pathlib import Path

    from rnngen.training.request import Request

    request = Request(
        paths=[str(path) for path in paths],
        settings={key: value for key, value in settings.items() if value is not None},
        name=name,
        output=Path(output) if output else None,
        resume=resume,
        overwrite=overwrite,
        init_from=init_from,
        tensorboard=Path(tensorboard) if tensorboard else None,
    )
    from rnngen.training.launch import launch  # with torch, once the arguments are checked

    return launch(request, sample=short_sample, stop_requests=nullcontext(should_stop), note=note)


def short_sample(model: checkpoint.Model, step: int) -> str:
    """What a model in training writes at a step: a short text, another one each time."""
    [text] = LanguageModel(model).sample(seed=step, length=SHORT)
    return text.text


class LanguageModel:
    """A model with all it needs to read and write text."""

    def __init__(self, model: checkpoint.Model) -> None:
        self.tokenizer = model.tokenizer
        self.config = model.config
        self.facts = model.facts
        self.novelty = model.novelty
        self.lexicon = model.lexicon
        self.runtime = NumpyRuntime(model.config, model.weights)
        self.start_id = model.start_id
        self.continuous = model.continuous
        self._weights = model.weights
        self.forbidden = ~model.tokenizer.seen
        if model.continuous:
            self.forbidden[model.tokenizer.end_id] = True

    def sample(
        self, prompt: str = "", *, n: int = 1, seed: int = 0, **settings: Any
    ) -> list[SampledText]:
        """`n` new texts that begin with `prompt`; settings are SampleConfig's fields.

        Text i is the same whatever `n`. Raises ConfigError for a setting that cannot be.
        """
        return list(self.generate(SampleConfig(**settings), prompt, seed=seed, indices=range(n)))

    def generate(
        self,
        config: SampleConfig,
        prompt: str | Sequence[str] = "",
        *,
        seed: int,
        indices: Iterable[int],
    ) -> Iterator[SampledText]:
        """The texts of `indices` in order, many drawn at once; see Sampler.generate."""
        prompts = [prompt] if isinstance(prompt, str) else prompt
        sampler = self._sampler(config)
        return sampler.generate([normalized(p) for p in prompts], seed=seed, indices=indices)

    def stream(
        self, config: SampleConfig, prompt: str = "", *, seed: int, index: int = 0
    ) -> Generator[str, None, SampledText]:
        """One text piece by piece as it is written; see Sampler.stream."""
        return self._sampler(config).stream(normalized(prompt), seed=seed, index=index)

    def _sampler(self, config: SampleConfig) -> Sampler:
        """Raises ConfigError for what this model cannot do, before anything is drawn."""
        return Sampler(self, _as_read(config))

    def write_form(
        self,
        form: str | FormSpec,
        prompt: str = "",
        *,
        n: int = 1,
        seed: int = 0,
        particles: int | None = None,
        budget_ms: float | None = None,
        words: str = "corpus",
        **settings: Any,
    ) -> list[FormText]:
        """`n` texts that have a form, each checked, no two the same; the prompt counts.

        >>> for text in rnngen.load("haiku").write_form("haiku", "old pond", n=3, seed=1):
        ...     print(text.whole)

        form: the name of a built-in one, or what forms.spec.read makes of a TOML file.
        particles, budget_ms, words: as for `write_forms`.  settings: those of FORM_SETTINGS.
        Raises ConfigError for a setting that cannot be, FormError if no text is found.
        """
        from rnngen.forms import spec

        asked = spec.load(form) if isinstance(form, str) else form
        config = SampleConfig(**settings)
        return list(
            self.write_forms(
                asked,
                config,
                [prompt],
                n=n,
                seed=seed,
                particles=particles,
                budget_ms=budget_ms,
                words=words,
            )
        )

    def write_forms(
        self,
        form: FormSpec,
        config: SampleConfig,
        prompts: Sequence[str],
        *,
        n: int,
        seed: int,
        particles: int | None = None,
        budget_ms: float | None = None,
        words: str = "corpus",
    ) -> Iterator[FormText]:
        """`n` texts of a form for each prompt, one after the other; see forms/distinct.py.

        particles: texts followed side by side for each one written, 16 if nothing is said; more
        come nearer to what the model itself would write, given that it fits.
        budget_ms: as many particles as are expected to take so long for a text, at least one. The
        texts then depend on the machine's speed; FormText.particles says how many there were.
        words: "corpus", or "dictionary" for only those that the dictionary of syllables holds.
        """
        from rnngen.forms import budget, distinct, search, write
        from rnngen.forms.compile import WORDS
        from rnngen.forms.language.lexicon import Lexicon

        self._check_form(config, n)
        if particles is not None and budget_ms is not None:
            raise ConfigError("--budget-ms chooses the --particles; leave one of them out.")
        if words not in WORDS:
            raise ConfigError(f"--words must be one of {', '.join(WORDS)}, got {words}.")
        if not self.lexicon:
            raise FormError(
                "the model holds no word list, which forms need: it was trained by an earlier"
                " version. Train it again."
            )
        lexicon = Lexicon.from_tensors(self.lexicon)
        truncate = _truncation(config)
        settings = search.SearchSettings(
            seed, particles or search.PARTICLES, config.temperatures[0], truncate
        )
        distinct_texts = distinct.DistinctTexts(lambda text: self._copies(text, config.novel))
        # All prompts are checked before the first text is written.
        writers = [
            write.FormWriter(
                self.runtime, self.tokenizer, lexicon, form, prompt=normalized(prompt), words=words
            )
            for prompt in prompts
        ]
        if budget_ms is not None:
            chosen = budget.particles_within(
                budget_ms, writers[0].trial(settings), time.perf_counter
            )
            settings = dataclasses.replace(settings, particles=chosen)
        for place, writer in enumerate(writers):
            indices = range(place * n, (place + 1) * n)
            for written in distinct_texts.texts(writer, indices, settings):
                prompt = normalized(prompts[place])
                yield distinct.form_text(written, settings, prompt=prompt, form=form.name)

    def _check_form(self, config: SampleConfig, n: int) -> None:
        """Raises ConfigError for settings that mean nothing where a form is asked for."""
        self._check(config)
        for name, field in SampleConfig.__dataclass_fields__.items():
            if name not in FORM_SETTINGS and getattr(config, name) != field.default:
                raise ConfigError(
                    f"{option(name)} has no effect with --form, which says by itself what a text"
                    " is and where it ends; leave one of them out."
                )
        if len(config.temperatures) > 1:
            raise ConfigError("--temperature takes one value with --form, for all texts.")
        if n > 1 and config.temperatures[0] == 0:
            raise ConfigError(
                "at --temperature 0 a form has one text only; ask for one, or draw at another"
                " temperature."
            )

    def _copies(self, text: str, length: int | None) -> bool:
        return (
            length is not None
            and self.novelty is not None
            and self.novelty.longest_copied(text) >= length
        )

    def describe(self, text: SampledText | FormText) -> dict[str, Any]:
        """What `rnngen sample --json` prints of a text; docs/scripting.md explains the keys."""
        longest = self.longest_copied(text.prompt + text.text)
        return {**dataclasses.asdict(text), "longest_copied": longest}

    def longest_copied(self, text: str) -> int | None:
        """The most characters in a row of `text` that the training text may hold.

        Never less than it holds. Copies of less than 20 characters are not distinguished: 19 is "at
        most 19". None if the model has no index of its training text.
        """
        return None if self.novelty is None else self.novelty.longest_copied(normalized(text))

    def score(
        self, text: str, *, stride: int | None = None, adapt_rate: float | None = None
    ) -> Score:
        """How much `text` surprises the model, read as one document or one continuous text.

        >>> rnngen.load("haiku").score("old pond").bits_per_byte

        stride, adapt_rate: as for `scorer`.  Raises CorpusError if there is no text.
        """
        text = normalized(text)
        if not self.continuous:
            from rnngen.corpus.documents import strip_blank_lines  # and all of corpus

            text = strip_blank_lines(text)
        if not text:
            raise CorpusError("there is no text to score, only blanks or nothing at all.")
        return self.scorer(stride=stride, adapt_rate=adapt_rate).whole([TextPiece(text)])

    def scorer(self, *, stride: int | None = None, adapt_rate: float | None = None) -> Scorer:
        """Scores many texts, long ones too, by text or by token.

        stride: begin again with an empty state after so many tokens; None: carry it to the end.
        adapt_rate: learn from the texts while reading them (see adapt.py); imports torch.
        Raises ConfigError for a stride or rate that cannot be, or for both.
        """
        if adapt_rate is None:
            reader: Reader = RuntimeReader(self.runtime, stride)
        elif stride is not None:
            raise ConfigError("`stride` forgets what `adapt` learns from. Leave one of them out.")
        else:
            from rnngen.score.adapt import AdaptingReader

            reader = AdaptingReader(self.config, self._weights, adapt_rate)
        return Scorer(reader, self.tokenizer, start_id=self.start_id, continuous=self.continuous)

    def _check(self, config: SampleConfig) -> None:
        """Raises ConfigError for what this model cannot do, before anything is drawn."""
        if config.novel is not None:
            check_index(self.novelty, config.novel)

    def unseen(self, text: str) -> list[str]:
        """Characters of `text` that the model's training text did not have."""
        return self.tokenizer.unseen(normalized(text))


def _truncation(config: SampleConfig) -> Truncate | None:
    """Top-k, top-p and min-p as one rule on logits at their temperature; None if all are off."""
    if (config.top_k, config.top_p, config.min_p) == (None, None, None):
        return None
    return lambda logits: logit_rules.truncate(logits, config, np.ones(len(logits)))


def _as_read(config: SampleConfig) -> SampleConfig:
    """The same, its strings as training text is read: only so can they occur in what is drawn."""
    return dataclasses.replace(
        config,
        stop=tuple(map(normalized, config.stop)),
        ban=tuple(map(normalized, config.ban)),
        bias=tuple((normalized(text), value) for text, value in config.bias),
    )


def normalized(text: str) -> str:
    """`text` as training text is read: NFC, lines ended by a newline."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
