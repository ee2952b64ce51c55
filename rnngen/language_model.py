"""A trained model with all it needs to read and write text. Imports no torch."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.config import SampleConfig
from rnngen.errors import ConfigError, CorpusError
from rnngen.model.numpy_runtime import NumpyRuntime
from rnngen.sampling.prompts import normalized
from rnngen.sampling.sampler import Sampler
from rnngen.score import Scorer, TextPiece
from rnngen.score.reader import RuntimeReader

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from rnngen import checkpoint
    from rnngen.analysis.explain import Explanation
    from rnngen.forms.distinct import FormText
    from rnngen.forms.spec import FormSpec
    from rnngen.model.runtime import Runtime
    from rnngen.sampling.draft import SampledText
    from rnngen.sampling.labelled import LabelledSampler
    from rnngen.score import Score
    from rnngen.score.reader import Reader


class LanguageModel:
    """A model with all it needs to read and write text."""

    def __init__(self, model: checkpoint.Model) -> None:
        self.tokenizer = model.tokenizer
        self.labels = tuple(model.tokenizer.labels)
        self.config = model.config
        self.facts = model.facts
        self.preset: dict[str, Any] = model.facts.get("preset", {})
        """Settings that `rnngen sample` takes where none are given, such as a form."""
        self.novelty = model.novelty
        self.lexicon = model.lexicon
        self.start_id = model.start_id
        self.continuous = model.continuous
        self._stored = model
        self.forbidden = ~model.tokenizer.seen
        if model.continuous:
            self.forbidden[model.tokenizer.end_id] = True

    @cached_property
    def runtime(self) -> Runtime:
        """Made when first asked for: it lays the weights out anew, which not all need."""
        return NumpyRuntime(self.config, self._stored.weights)

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
        return self._sampler(config).generate(
            [normalized(p) for p in prompts], seed=seed, indices=indices
        )

    def stream(
        self, config: SampleConfig, prompt: str = "", *, seed: int, index: int = 0
    ) -> Generator[str, None, SampledText]:
        """One text piece by piece as it is written; see Sampler.stream."""
        return self._sampler(config).stream(normalized(prompt), seed=seed, index=index)

    def _sampler(self, config: SampleConfig) -> Sampler | LabelledSampler:
        """Raises ConfigError for what this model cannot do, before anything is drawn."""
        if not self.labels and config.label is None:
            return Sampler(self, _as_read(config))
        from rnngen.sampling.labelled import LabelledSampler

        return LabelledSampler(self, _as_read(config))

    def write_form(
        self,
        form: str | Path | FormSpec,
        prompt: str = "",
        *,
        n: int = 1,
        seed: int = 0,
        particles: int | None = None,
        budget_ms: float | None = None,
        words: str = "corpus",
        sharpen: float = 1.0,
        **settings: Any,
    ) -> list[FormText]:
        """`n` texts that have a form, each checked, no two the same; the prompt counts.

        >>> for text in rnngen.load("haiku").write_form("haiku", "old pond", n=3, seed=1):
        ...     print(text.whole)

        form, particles, budget_ms, words, sharpen: see `rnngen.forms.FormWriter`.
        settings: label, temperature, top_k, top_p, min_p, novel and best_of, as of SampleConfig.
        Raises ConfigError for a setting that cannot be, FormError if no text is found.
        """
        return list(
            self.write_forms(
                form,
                SampleConfig(**settings),
                [prompt],
                n=n,
                seed=seed,
                particles=particles,
                budget_ms=budget_ms,
                words=words,
                sharpen=sharpen,
            )
        )

    def write_forms(
        self,
        form: str | Path | FormSpec,
        config: SampleConfig,
        prompts: Sequence[str],
        *,
        n: int,
        seed: int,
        **search: Any,
    ) -> Iterator[FormText]:
        """`n` texts of a form for each prompt, as soon as they are written.

        search: particles, budget_ms, words and sharpen; see `rnngen.forms.FormWriter`.
        """
        from rnngen.forms.write import FormWriter

        return FormWriter(self, form, config, **search).write(prompts, n=n, seed=seed)

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
        self,
        text: str,
        *,
        stride: int | None = None,
        adapt_rate: float | None = None,
        label: str | None = None,
    ) -> Score:
        """How much `text` surprises the model, read as one document or one continuous text.

        >>> rnngen.load("haiku").score("old pond").bits_per_byte

        stride, adapt_rate, label: as for `scorer`.  Raises CorpusError if there is no text.
        """
        text = self._as_document(text)
        if not text:
            raise CorpusError("there is no text to score, only blanks or nothing at all.")
        scorer = self.scorer(stride=stride, adapt_rate=adapt_rate, label=label)
        return scorer.whole([TextPiece(text)])

    def scorer(
        self,
        *,
        stride: int | None = None,
        adapt_rate: float | None = None,
        label: str | None = None,
    ) -> Scorer:
        """Scores many texts, long ones too, by text or by token.

        stride: begin again with an empty state after so many tokens; None: carry it to the end.
        adapt_rate: learn from the texts while reading them (see adapt.py); imports torch.
        label: of the texts, for a model with labels; None: whichever it may be, each as likely as
        the model expects it.
        Raises ConfigError for a stride or rate that cannot be, or for both, or such a label.
        """
        if self.labels or label is not None:
            if adapt_rate is not None:
                raise ConfigError("`adapt` is not for models with labels. Leave it out.")
            from rnngen.score.labels import label_reader

            reader: Reader = label_reader(self.runtime, self.tokenizer, label, stride)
        elif adapt_rate is None:
            reader = RuntimeReader(self.runtime, stride)
        elif stride is not None:
            raise ConfigError("`stride` forgets what `adapt` learns from. Leave one of them out.")
        else:
            from rnngen.score.adapt import AdaptingReader

            reader = AdaptingReader(self.config, self._stored.weights, adapt_rate)
        return Scorer(reader, self.tokenizer, start_id=self.start_id, continuous=self.continuous)

    def explain(
        self,
        text: str,
        *,
        label: str | None = None,
        on: Sequence[str] | None = None,
        top: int = 5,
    ) -> Explanation:
        """What the model does with `text`: surprise, connectivity, gates, what units remember.

        >>> rnngen.load("haiku").explain("old pond").bits

        label: of the text, for a model with labels; None: the likeliest.
        on: documents to measure units on; None: the text.  top: alternatives at each place.
        Raises CorpusError if there is no text, or too much of it, ConfigError for such a label.
        """
        from rnngen.analysis.explain import explain

        text = self._as_document(text)
        return explain(
            self.config,
            self._stored.weights,
            self.tokenizer,
            text,
            start_id=self.start_id,
            label=self._label_of(text, label),
            on=None if on is None else [self._as_document(each) for each in on],
            top=top,
        )

    def _label_of(self, text: str, label: str | None) -> str | None:
        """The label to read a text with; None for a model without labels."""
        if label is None and not self.labels:
            return None
        if label is None:
            from rnngen.score.labels import likeliest_label

            return likeliest_label(self.runtime, self.tokenizer, self.tokenizer.encode(text))
        from rnngen.model.labels import Labels

        Labels(self.runtime, self.tokenizer).start(label)  # raises if there is no such label
        return label

    def _as_document(self, text: str) -> str:
        """A text as the model's training text was read."""
        text = normalized(text)
        if self.continuous:
            return text
        from rnngen.corpus.documents import strip_blank_lines  # and all of corpus

        return strip_blank_lines(text)

    def export(
        self,
        output: str | Path,
        *,
        to: str = "html",
        title: str | None = None,
        weights: str | None = None,
        overwrite: bool = False,
    ) -> list[Path]:
        """Write the model as one HTML page, or as a folder with an ONNX file; returns the files.

        >>> rnngen.load("haiku").export("haiku.html")

        title: what readers see as its name; None: the name of `output`.
        The other settings and what is raised: see `rnngen.export.export_model`.
        """
        from rnngen.export import export_model

        path = Path(output)
        title = path.stem if title is None else title
        return export_model(
            self._stored, path, to=to, title=title, weights=weights, overwrite=overwrite
        )

    def unseen(self, text: str) -> list[str]:
        """Characters of `text` that the model's training text did not have."""
        return self.tokenizer.unseen(normalized(text))


def _as_read(config: SampleConfig) -> SampleConfig:
    """The same, its strings as training text is read: only so can they occur in what is drawn."""
    return dataclasses.replace(
        config,
        stop=tuple(map(normalized, config.stop)),
        ban=tuple(map(normalized, config.ban)),
        bias=tuple((normalized(text), value) for text, value in config.bias),
    )
