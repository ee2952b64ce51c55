"""A comparison by its name: begun or gone on with, as a user asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnngen import runs
from rnngen.analysis import compare as comparing
from rnngen.analysis.candidates import Budget, candidates
from rnngen.analysis.report import verdict
from rnngen.errors import ConfigError
from rnngen.training.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rnngen.analysis.compare import Comparison
    from rnngen.training.events import Observer


@dataclass(frozen=True)
class NamedComparison:
    name: str
    comparison: Comparison

    def to_dict(self) -> dict[str, Any]:
        """What `rnngen compare --json` prints, of a comparison that is complete."""
        judgement = self.comparison.judgement
        return {
            "name": self.name,
            **self.comparison.to_dict(),
            "order": judgement.order,
            "winner": judgement.winner,
            "differences": {
                label: {"mean": found.mean, "low": found.low, "high": found.high}
                for label, found in judgement.differences.items()
            },
            "reach": {found.cell: found.reach for found in self.comparison.probes},
            "verdict": verdict(self.comparison),
        }


def compare(
    paths: Sequence[str],
    name: str | None,
    asked: Mapping[str, Any],
    settings: dict[str, Any],
    *,
    resume: bool,
    overwrite: bool,
    observers: Sequence[Observer],
    should_stop: Callable[[], bool],
    note: Callable[[str], None] | None,
) -> NamedComparison:
    """See `rnngen.compare`.  asked: its arguments that say what to compare."""
    tell = note or (lambda line: None)
    if resume:
        if name is None:
            raise ConfigError("`resume` needs the comparison's `name`.")
        folder = runs.new_folder(name)
        found = comparing.load_comparison(folder)
    else:
        found = comparing.new_comparison(
            paths,
            Budget(*(asked[key] for key in ("minutes", "steps", "parameters"))),
            candidates(*(asked[key] for key in ("cells", "sizes", "vary"))),
            seeds=asked["seeds"],
            probe=asked["probe"],
            settings=settings,
        )
        folder = runs.new_folder(name or f"{Request(paths).folder.name}-compare")
        comparing.check_free(folder, overwrite=overwrite)
        count = len(found.runs)
        tell(
            f"{count} runs, {len(found.candidates)} settings with {found.seeds} seeds, "
            f"{found.budget}"
        )
    done = comparing.complete(
        folder,
        found,
        overwrite=overwrite and not resume,
        observers=observers,
        should_stop=should_stop,
        note=tell,
    )
    return NamedComparison(folder.name, done)
