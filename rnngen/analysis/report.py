"""The result of a comparison as tables, the same in a terminal and in Markdown."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, NamedTuple

from rnngen import controls
from rnngen.analysis.judgement import RULE
from rnngen.analysis.probe import BAR, ENOUGH, LENGTHS
from rnngen.analysis.probe import SETTINGS as PROBE
from rnngen.analysis.reading import CONTEXTS, LETTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rnngen.analysis.compare import Comparison
    from rnngen.analysis.measure import RunResult

NOTHING = "-"


class ReportTable(NamedTuple):
    title: str
    head: list[str]
    rows: list[list[str]]
    remark: str


def spread(values: Sequence[float], digits: int = 4) -> str:
    """The mean and, of several values, their standard deviation."""
    mean = f"{statistics.fmean(values):.{digits}f}"
    return mean if len(values) < 2 else f"{mean} ± {statistics.stdev(values):.{digits}f}"


def verdict(comparison: Comparison) -> list[str]:
    """The result in sentences: what was found, by which rule, on what, and what is not known."""
    judgement = comparison.judgement
    text = comparison.text
    measured = (
        f"Measured: {comparison.budget}, on {', '.join(text['names'])} ({text['bytes']:,} bytes, "
        f"{text['held_out_tokens']:,} tokens held out), seeds 0 to {comparison.seeds - 1}. Each "
        "seed draws other first weights and another order of the text, and all share one split."
    )
    missing = (
        "Not measured: other texts, other lengths and sizes, settings tuned for each one, and how "
        "good what they write is to read."
    )
    found = [judgement.sentence, judgement.others, _reaches(comparison), RULE, measured, missing]
    return [sentence for sentence in found if sentence]


def _reaches(comparison: Comparison) -> str:
    """What the probe found, "" without one."""
    reaches = [f"{found.cell} {found.reach} characters back" for found in comparison.probes]
    return f"Probe, trained once: a symbol is held by {' and '.join(reaches)}." if reaches else ""


def tables(comparison: Comparison) -> Iterator[ReportTable]:
    """All that was measured."""
    yield _overview(comparison)
    yield _by_bin(
        comparison,
        "Loss by context, in bits per byte of held-out text",
        "characters read",
        context_names(),
        lambda result: result.context,
        "Windows of held-out text from an empty state, by the characters read before the target.",
    )
    yield _by_bin(
        comparison,
        "Accuracy within words",
        "letters seen",
        [*map(str, range(LETTERS - 1)), f"{LETTERS - 1}+"],
        lambda result: result.accuracy,
        "Share of held-out tokens that were the likeliest, by the letters of the word before.",
    )
    if comparison.probes:
        yield _probe(comparison)


def _overview(comparison: Comparison) -> ReportTable:
    head = ["setting", "bits per byte", "parameters", "units", "steps", "seconds"]
    head += ["chars/s training", "chars/s writing", "peak memory"]
    rows = []
    for candidate in comparison.candidates:
        found = comparison.of(candidate)
        peaks = [result.peak_bytes for result in found if result.peak_bytes]
        rows.append(
            [
                candidate.label,
                spread([result.bits_per_byte for result in found]),
                f"{found[0].parameters:,}",
                f"{found[0].num_layers} x {found[0].hidden_size}",
                _mean(found, lambda result: result.steps),
                _mean(found, lambda result: result.seconds),
                _mean(found, lambda result: result.train_characters_per_second),
                _mean(found, lambda result: result.sample_characters_per_second),
                f"{max(peaks) / 1e6:,.0f} MB" if peaks else NOTHING,
            ]
        )
    remark = "± is the standard deviation over seeds. Peak memory is that of the whole process."
    return ReportTable("Held-out loss, speed and size", head, rows, remark)


def _mean(found: Sequence[RunResult], value: Callable[[RunResult], float]) -> str:
    return f"{statistics.fmean(map(value, found)):,.0f}"


def _by_bin(
    comparison: Comparison,
    title: str,
    unit: str,
    names: Sequence[str],
    values: Callable[[RunResult], list[float | None]],
    remark: str,
) -> ReportTable:
    """A row for each bin that any setting has a value in, a column for each setting."""
    rows = []
    for index, name in enumerate(names):
        row = [
            [v for result in comparison.of(each) if (v := values(result)[index]) is not None]
            for each in comparison.candidates
        ]
        if any(row):
            rows.append([name, *(spread(found, 3) if found else NOTHING for found in row)])
    head = [unit, *(candidate.label for candidate in comparison.candidates)]
    return ReportTable(title, head, rows, remark)


def context_names() -> list[str]:
    """What to call the bins of CONTEXTS."""
    last = len(CONTEXTS) - 1
    return [
        f"{low}+"
        if k == last
        else str(low)
        if CONTEXTS[k + 1] == low + 1
        else f"{low}-{CONTEXTS[k + 1] - 1}"
        for k, low in enumerate(CONTEXTS)
    ]


def _probe(comparison: Comparison) -> ReportTable:
    head = ["characters back", *(found.cell for found in comparison.probes)]
    rows = [
        [str(length + len(BAR)), *(f"{found.accuracy[index]:.2f}" for found in comparison.probes)]
        for index, length in enumerate(LENGTHS)
    ]
    rows.append(["reach", *(str(found.reach) for found in comparison.probes)])
    sizes = " and ".join(f"{found.parameters:,}" for found in comparison.probes)
    remark = (
        f"Copying made words: accuracy, 0 for guessing. Reach is the farthest with {ENOUGH} or "
        f"more. One layer of {PROBE['hidden_size']} units, {sizes} parameters, {PROBE['steps']} "
        "steps, trained once each."
    )
    return ReportTable("Probe: how far back a symbol is held", head, rows, remark)


def aligned(table: ReportTable) -> Iterator[str]:
    """A table as lines of a terminal."""
    lines = [table.head, *table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    yield table.title
    for first, *others in lines:
        cells = [f"{first:<{widths[0]}}"]
        cells += [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        yield "  " + "  ".join(cells).rstrip()
    yield f"  {table.remark}"


def markdown(comparison: Comparison, name: str) -> str:
    """The whole report as a Markdown page."""
    parts = [f"# {_escaped(name)}: a comparison", *map(_escaped, verdict(comparison))]
    for table in tables(comparison):
        parts += [f"## {table.title}", _markdown_table(table), table.remark]
    listed = "\n".join(f"- {_escaped(result.name)}" for result in comparison.results)
    parts += ["## Runs", "Each can be sampled, plotted and resumed by this name.", listed]
    return "\n\n".join(parts) + "\n"


def _markdown_table(table: ReportTable) -> str:
    lines = [table.head, ["---"] * len(table.head), *table.rows]
    return "\n".join(f"| {' | '.join(map(_escaped, line))} |" for line in lines)


def _escaped(text: str) -> str:
    """Text whose signs mean nothing to Markdown; names of files may have any."""
    for sign in "\\`*_[]<>|#":
        text = text.replace(sign, f"\\{sign}")
    return controls.title(text)
