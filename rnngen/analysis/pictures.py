"""An explanation or a comparison as a matplotlib figure, unknown to pyplot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnngen.analysis.probe import BAR, ENOUGH, LENGTHS
from rnngen.analysis.reading import CONTEXTS, LETTERS
from rnngen.analysis.units import EDGES, histogram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from rnngen.analysis.compare import Comparison
    from rnngen.analysis.explain import Explanation, Strip

MOST_LABELS = 120
"""Tokens whose texts are written at an axis; of more, they could not be read."""
COLUMN, ROW = 0.16, 0.17
"""Inches that a token and a strip take."""


def explanation(found: Explanation) -> Figure:
    """Connectivity above, gates below it under the same tokens, time constants at the foot."""
    from matplotlib.figure import Figure

    strips = found.strips()
    width = max(7.0, min(24.0, 2 + COLUMN * len(found.tokens)))
    heights = [0.55 * width, ROW * len(strips) + 0.6, 2.0]
    figure = Figure(figsize=(width, sum(heights) + 1), layout="constrained")
    above, middle, below = figure.subplots(3, height_ratios=heights)
    _connectivity(figure, above, found)
    _gates(figure, middle, found, strips)
    _memory(below, found)
    return figure


def comparison(found: Comparison) -> Figure:
    """Held-out loss, loss by context, accuracy within words and, if there is one, the probe."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8), layout="constrained")
    [[losses, contexts], [words, probe]] = figure.subplots(2, 2)
    _losses(losses, found)
    _lines(contexts, found, "context", CONTEXTS)
    contexts.set_xscale("log", base=2)
    contexts.set(title="Loss by context", xlabel="characters read", ylabel="bits per byte")
    _lines(words, found, "accuracy", range(LETTERS))
    words.set(title="Accuracy within words", xlabel="letters of the word seen", ylabel="accuracy")
    words.legend()
    if found.probes:
        _probe(probe, found)
    else:
        probe.set_axis_off()
    return figure


def _losses(axes: Axes, found: Comparison) -> None:
    """A point for each run, a line for each mean."""
    for index, candidate in enumerate(found.candidates):
        values = [result.bits_per_byte for result in found.of(candidate)]
        axes.plot([index] * len(values), values, "o", color=f"C{index % 10}", alpha=0.7)
        axes.plot([index - 0.2, index + 0.2], [np.mean(values)] * 2, color=f"C{index % 10}")
    labels = [plain(candidate.label) for candidate in found.candidates]
    axes.set_xticks(range(len(labels)), labels)
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.set(title="Held-out text, a point for each seed", ylabel="bits per byte")
    axes.grid(alpha=0.3, axis="y")


def _lines(axes: Axes, found: Comparison, measure: str, places: Sequence[int]) -> None:
    """The mean over seeds of a measure in bins, and between its lowest and highest a shade."""
    for index, candidate in enumerate(found.candidates):
        rows = np.array([getattr(r, measure) for r in found.of(candidate)], np.float64)
        shown = ~np.isnan(rows).any(0)  # None becomes NaN
        x, rows = np.array(places)[shown], rows[:, shown]
        colour = f"C{index % 10}"
        axes.plot(x, rows.mean(0), "o-", ms=4, color=colour, label=plain(candidate.label))
        axes.fill_between(x, rows.min(0), rows.max(0), color=colour, alpha=0.2, linewidth=0)
    axes.grid(alpha=0.3)


def _probe(axes: Axes, found: Comparison) -> None:
    places = [length + len(BAR) for length in LENGTHS]
    for index, each in enumerate(found.probes):
        label = f"{each.cell}: {each.reach}"
        axes.plot(places, each.accuracy, "o-", ms=4, color=f"C{index}", label=label)
    axes.axhline(ENOUGH, color="grey", linewidth=1, linestyle="--")
    axes.set(title="Probe: a symbol held", xlabel="characters back", ylabel="accuracy, 0: guessing")
    axes.grid(alpha=0.3)
    axes.legend(title="reach")


def plain(text: str) -> str:
    """A text as matplotlib shows it unchanged: a dollar sign would begin a formula."""
    shown = text.replace("\n", "\u21b5").replace("$", r"\$")
    return "".join(c if c.isprintable() else "?" for c in shown)


def _connectivity(figure: Figure, axes: Axes, found: Explanation) -> None:
    rows = found.connectivity
    shares = rows / np.maximum(rows.max(1, keepdims=True), 1e-30)
    image = axes.imshow(np.ma.masked_equal(shares.T, 0), aspect="auto", cmap="viridis")
    figure.colorbar(image, ax=axes, label="share of the token's strongest")
    axes.set_title("Connectivity: what each token (across) owes to earlier ones (down)")
    _label(axes, found.tokens, [found.begins_with, *found.tokens[:-1]])


def _gates(figure: Figure, axes: Axes, found: Explanation, strips: Sequence[Strip]) -> None:
    values = np.array([strip.values for strip in strips])
    image = axes.imshow(values, aspect="auto", cmap="magma", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes)
    axes.set_title("Gates: the mean of all units, and the units that move most")
    _label(axes, found.tokens, [f"layer {strip.layer + 1} {strip.label}" for strip in strips])


def _label(axes: Axes, across: Sequence[str], down: Sequence[str]) -> None:
    if len(across) <= MOST_LABELS:
        axes.set_xticks(range(len(across)), list(map(plain, across)), rotation=90, fontsize=7)
    if len(down) <= MOST_LABELS:
        axes.set_yticks(range(len(down)), list(map(plain, down)), fontsize=7)


def _memory(axes: Axes, found: Explanation) -> None:
    names = [f"{low}" for low in EDGES[:-1]]
    layers = [histogram(layer) for layer in found.time_constants]
    places, width = np.arange(len(names)), 0.8 / len(layers)
    for index, counts in enumerate(layers):
        axes.bar(places + index * width, counts, width, label=f"layer {index + 1}")
    axes.set_xticks(places + 0.4 - width / 2, names)
    axes.set_xlabel("characters, from, after which 1/e of a unit's memory is left")
    axes.set_ylabel("units")
    axes.legend()
