"""What a user asks of training, checked as far as it can be before anything is read."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen import runs
from rnngen.config import ModelConfig, TextConfig, TrainConfig
from rnngen.errors import ConfigError
from rnngen.suggest import SETTING_SYNONYMS, did_you_mean
from rnngen.training import recipe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TEXT_SETTINGS = {f.name for f in dataclasses.fields(TextConfig)} - {"paths"}
"""Settings that say what to read; the others say how to train on it."""
ENDINGS = (
    *(".gz", ".xz", ".bz2", ".zst"),
    *(".txt", ".text", ".md", ".markdown", ".srt", ".vtt", ".html", ".htm", ".xhtml", ".epub"),
    *(".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".jsonlines"),
)
"""Of files, which the name of a run leaves out; other dots tell names apart: `chat.2023`."""
SETTINGS = TEXT_SETTINGS | {
    f.name for config in (ModelConfig, TrainConfig) for f in dataclasses.fields(config)
}


def check_settings(names: Iterable[str], where: str = "") -> None:
    """Raises ConfigError for a name that no setting has.  where: stands before the message."""
    if unknown := sorted(set(names) - SETTINGS):
        known = ", ".join(sorted(SETTINGS))
        meant = did_you_mean(unknown[0], sorted(SETTINGS), SETTING_SYNONYMS)
        raise ConfigError(f"{where}unknown setting {unknown[0]!r}.{meant} Known settings: {known}.")


def check_values(settings: Mapping[str, Any]) -> None:
    """Raises ConfigError if a setting cannot have its value, before anything is read.

    Whether the layers fit a model to start from, and widths each other, is seen once all are known.
    """
    TextConfig(**{name: value for name, value in settings.items() if name in TEXT_SETTINGS})
    recipe.check({k: v for k, v in settings.items() if k not in TEXT_SETTINGS})


@dataclass(frozen=True)
class Request:
    """What a user asks for: a new run on a text, or one that goes on."""

    paths: Sequence[str] = ()
    """Files, folders, globs or URLs of the text; `-` is stdin. A run that goes on takes them if
    they hold the text it began with."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Those the user fixed, by their names in TextConfig, ModelConfig and TrainConfig."""
    name: str | None = None
    """Of the run; None: the name of the first file."""
    output: Path | None = None
    """The run's folder, in place of a name."""
    resume: bool = False
    overwrite: bool = False
    """Replace a run that stands in the folder."""
    init_from: str | None = None
    """A model to start from, by name or path."""
    tensorboard: Path | None = None
    """Where TensorBoard looks for its folders, one a run."""

    def __post_init__(self) -> None:
        """Raises ConfigError for what does not go together, before anything is read."""
        check_settings(self.settings)
        if not self.resume and not self.paths:
            raise ConfigError("name a text file to train on, or `resume` a run by its `name`.")
        if self.resume and self.init_from is not None:
            raise ConfigError(
                "`init_from` starts a run, `resume` continues one. Leave one of them out."
            )
        _ = self.folder  # that can be one

    @property
    def folder(self) -> Path:
        """The folder of the run. Raises ConfigError if nothing says which."""
        return runs.folder_of(self.name, self.output, self._usual_name)

    def _usual_name(self) -> str:
        """That of the first file, without its endings: `texts/haiku.txt.gz` is the run `haiku`."""
        if not self.paths:
            raise ConfigError("`resume` needs the run's `name`, or `output` with its folder.")
        first = self.paths[0]
        if first == "-":
            return "stdin"
        stem = Path(first).resolve().name.lstrip(".-")
        while stem.lower().endswith(ENDINGS):
            stem = stem.rpartition(".")[0]
        if not stem:
            raise ConfigError(f"{first!r} gives the run no name; choose one with `name`.")
        return stem
