"""An explanation or a comparison as a matplotlib figure, unknown to pyplot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnngen.analysis.units import EDGES, histogram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
    _label(axes, found.tokens, ["(start)", *found.tokens[:-1]])


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
