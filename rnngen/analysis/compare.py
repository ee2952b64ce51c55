"""Several settings trained on one text under one budget, each with several seeds, and measured.

    NAME/comparison.json          what is compared, and the measurements so far
    NAME/lstm-128-seed0/          a run as any other: it can be sampled, plotted and resumed
    NAME/probe-lstm/, probe.txt   the little models of the probe, and their made text

A comparison that was stopped goes on: runs that were measured are not trained again, a run that
was stopped goes on from its last state.
"""

from __future__ import annotations

import json
from collections import deque
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen import checkpoint, files, runs
from rnngen.analysis import candidates as choices
from rnngen.analysis import probe as probing
from rnngen.analysis.candidates import Budget, Candidate
from rnngen.analysis.judgement import judge
from rnngen.analysis.measure import RunResult, measure, peak_memory, reset_peak
from rnngen.analysis.probe import ProbeResult
from rnngen.analysis.reading import check_enough
from rnngen.config import TextConfig
from rnngen.corpus import STDIN
from rnngen.errors import CheckpointError, ConfigError, CorpusError, TrainingError
from rnngen.training.events import Step, Stopped
from rnngen.training.launch import launch
from rnngen.training.request import TEXT_SETTINGS, Request, check_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rnngen.analysis.judgement import Judgement
    from rnngen.analysis.trace import IdArray
    from rnngen.training.divided_text import DividedText
    from rnngen.training.events import Event, Observer

FILE, PROBE_TEXT = "comparison.json", "probe.txt"
MOST_HELD_OUT = 200_000
"""Tokens of the held-out text from which windows are taken."""


@dataclass(frozen=True)
class Comparison:
    """What is compared, and what was measured so far."""

    paths: list[str]
    budget: Budget
    candidates: list[Candidate]
    seeds: int
    settings: dict[str, Any]
    """Of all runs."""
    probe: bool = False
    text: dict[str, Any] = field(default_factory=dict)
    """Facts about the text, once it was read."""
    results: list[RunResult] = field(default_factory=list)
    probes: list[ProbeResult] = field(default_factory=list)

    @property
    def runs(self) -> list[tuple[Candidate, int]]:
        """Every candidate with every seed; the first seed of all of them comes first."""
        return [(each, seed) for seed in range(self.seeds) for each in self.candidates]

    @property
    def cells(self) -> list[str]:
        return list(dict.fromkeys(each.settings["cell"] for each in self.candidates))

    @property
    def is_complete(self) -> bool:
        probes = len(self.cells) if self.probe else 0
        return len(self.results) == len(self.runs) and len(self.probes) == probes

    def of(self, candidate: Candidate) -> list[RunResult]:
        return [result for result in self.results if result.candidate == candidate.label]

    @property
    def judgement(self) -> Judgement:
        """Of a comparison that is complete."""
        return judge(
            {each.label: [r.bits_per_byte for r in self.of(each)] for each in self.candidates}
        )

    def to_dict(self) -> dict[str, Any]:
        """What stands in the file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Comparison:
        """Of what `to_dict` made. Raises KeyError or TypeError for anything else."""
        return cls(
            **{
                **values,
                "budget": Budget(**values["budget"]),
                "candidates": [Candidate(**each) for each in values["candidates"]],
                "results": [RunResult.from_dict(each) for each in values["results"]],
                "probes": [ProbeResult(**each) for each in values["probes"]],
            }
        )


def new_comparison(
    paths: Sequence[str],
    budget: Budget,
    candidates: Sequence[Candidate],
    *,
    seeds: int = 3,
    probe: bool = False,
    settings: dict[str, Any] | None = None,
) -> Comparison:
    """What is to be compared. Raises ConfigError for what does not go together."""
    settings = settings or {}
    check_settings(settings)
    if not isinstance(seeds, int) or seeds < 1:
        raise ConfigError(f"`seeds` must be at least 1, got {seeds}.")
    if not paths or STDIN in paths:
        raise ConfigError("name a text file to compare on. It is read once for each run.")
    for name in (*choices.FIXED, *(n for each in candidates for n in each.settings)):
        if name in settings:
            raise ConfigError(f"`{name}` is set by the comparison itself. Leave it out.")
    if budget.parameters is not None and any("hidden_size" in c.settings for c in candidates):
        raise ConfigError("`parameters` chooses the sizes. Leave `sizes` out.")
    places = [path if "://" in path else str(Path(path).absolute()) for path in paths]
    return Comparison(places, budget, list(candidates), seeds, settings, probe)


def load_comparison(folder: Path) -> Comparison:
    """The comparison in a folder. Raises CheckpointError if there is none, or a damaged one."""
    path = folder / FILE
    try:
        return Comparison.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise CheckpointError(f"{folder}: there is no comparison. Start one on a text.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: cannot be read: {error}") from error


def check_free(folder: Path, *, overwrite: bool) -> None:
    """Raises CheckpointError if a comparison or a run stands in `folder`, and must not go."""
    if (folder / FILE).exists() and not overwrite:
        raise CheckpointError(
            f"{folder} holds a comparison; go on with `resume`, replace it with `overwrite`, or "
            "give the new one another `name`."
        )
    runs.check_free(folder, overwrite=False)
    if not overwrite and (left := sorted(folder.glob(f"*/{runs.TRAINING_FILE}"))):
        raise CheckpointError(
            f"{folder} holds runs, such as {left[0].parent.name}, but no comparison. Replace them "
            "with `overwrite`, or give the new one another `name`."
        )


def complete(
    folder: Path,
    comparison: Comparison,
    *,
    overwrite: bool = False,
    observers: Sequence[Observer] = (),
    should_stop: Callable[[], bool] = lambda: False,
    note: Callable[[str], None] = lambda line: None,
) -> Comparison:
    """Train and measure what is missing, and keep it in `folder`; returns all of it.

    overwrite: replace runs of an earlier comparison.  observers: get the events of all runs.
    should_stop: asked after every step; once true the run is saved, and what is returned is not
    complete.  note: called with a line before each run.
    Raises RnngenError for what cannot be done.
    """
    with runs.owned(folder):
        return _Course(folder, overwrite, observers, should_stop, note).run(comparison)


class _StepWatch:
    """Whether a run was trained, or had been trained before."""

    were_made = False

    def observe(self, event: Event) -> None:
        self.were_made = self.were_made or isinstance(event, Step)


@dataclass(frozen=True)
class _Course:
    """The way through all runs of a comparison."""

    folder: Path
    overwrite: bool
    observers: Sequence[Observer]
    should_stop: Callable[[], bool]
    note: Callable[[str], None]

    def run(self, comparison: Comparison) -> Comparison:
        if comparison.is_complete:
            return comparison
        read = _open(comparison)
        held_out = read.validation.in_order(MOST_HELD_OUT)
        ids = held_out.read(0, len(held_out))
        check_enough(ids)
        comparison = _with_text(comparison, read)
        self._save(comparison)
        for result in self._results(comparison, ids):
            comparison = replace(comparison, results=[*comparison.results, result])
            self._save(comparison)
        if self.should_stop():
            return comparison
        for found in self._probes(comparison):
            comparison = replace(comparison, probes=[*comparison.probes, found])
            self._save(comparison)
        return comparison

    def _save(self, comparison: Comparison) -> None:
        content = json.dumps(comparison.to_dict(), indent=1, ensure_ascii=False)
        files.replace_file(self.folder / FILE, content.encode())

    def _results(self, comparison: Comparison, held_out: IdArray) -> Iterator[RunResult]:
        done = {(result.candidate, result.seed) for result in comparison.results}
        for number, (candidate, seed) in enumerate(comparison.runs, 1):
            if (candidate.label, seed) in done:
                continue
            self.note(f"run {number} of {len(comparison.runs)}: {candidate.label}, seed {seed}")
            settings = {
                **comparison.settings,
                **comparison.budget.settings(),
                **candidate.settings,
                "seed": seed,
            }
            folder = self.folder / f"{candidate.label}-seed{seed}"
            steps, can_measure = _StepWatch(), reset_peak()
            if not self._train(folder, comparison.paths, settings, steps):
                return
            peak = peak_memory() if can_measure and steps.were_made else None
            yield measure(folder, candidate.label, seed, held_out, peak)

    def _probes(self, comparison: Comparison) -> Iterator[ProbeResult]:
        done = {found.cell for found in comparison.probes}
        for cell in comparison.cells if comparison.probe else ():
            if cell in done:
                continue
            self.note(f"probe of {cell}: a little model learns to copy made words")
            text, folder = self.folder / PROBE_TEXT, self.folder / f"probe-{cell}"
            if not text.exists():
                files.replace_file(text, probing.made_text(characters=probing.CHARACTERS).encode())
            if not self._train(folder, [str(text)], {**probing.SETTINGS, "cell": cell}):
                return
            yield probing.probe(checkpoint.load_model(folder / runs.MODEL_FILE))

    def _train(
        self, folder: Path, paths: Sequence[str], settings: dict[str, Any], *watching: Observer
    ) -> bool:
        """Train a run to its end, or from where it stopped; whether it got there."""
        resume = (folder / runs.TRAINING_FILE).exists() and not self.overwrite
        request = Request(
            paths=paths,
            settings={} if resume else settings,
            output=folder,
            resume=resume,
            overwrite=self.overwrite,
        )
        stop = nullcontext(self.should_stop)
        observers = [*self.observers, *watching]
        [last] = deque(launch(request, observers=observers, stop_requests=stop), maxlen=1)
        assert isinstance(last, Stopped)
        if last.reason == "interrupted":
            return False
        if last.reason == "diverged" or last.best_valid_bits_per_byte is None:
            raise TrainingError(
                f"{folder}: its loss is no longer a finite number, so nothing can be compared. "
                "Start again with a lower `learning_rate`."
            )
        return True


def _open(comparison: Comparison) -> DividedText:
    """The text, checked to be the one the comparison began with."""
    settings = comparison.settings
    given = {name: value for name, value in settings.items() if name in TEXT_SETTINGS}
    read = choices.open_text(TextConfig(paths=comparison.paths, **given), runs.home(), settings)
    if comparison.text and comparison.text["digest"] != read.corpus.digest():
        raise CorpusError(
            f"{', '.join(comparison.paths)}: changed since the comparison began. Put the old text "
            "back, or start again with `overwrite`."
        )
    return read


def _with_text(comparison: Comparison, read: DividedText) -> Comparison:
    """The comparison with facts about its text, and with sizes that meet its parameters."""
    if comparison.text:
        return comparison
    candidates = comparison.candidates
    if (parameters := comparison.budget.parameters) is not None:
        given = {k: v for k, v in comparison.settings.items() if k not in TEXT_SETTINGS}
        given |= comparison.budget.settings()
        candidates = [choices.fit_parameters(c, read, given, parameters) for c in candidates]
    return replace(comparison, text=read.facts(), candidates=candidates)
