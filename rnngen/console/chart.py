"""A chart of curves on a terminal, in colours where it has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnngen.plotting.chart import chart, choose_glyphs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rnngen.plotting.curves import Curve, View


def show_chart(
    curves: Sequence[Curve],
    view: View,
    *,
    width: int,
    height: int,
    coloured: bool,
    ascii_only: bool = False,
) -> None:
    """Print curves on stdout: `height` lines, and the axis and the legend below them."""
    runs = len({curve.run for curve in curves})
    glyphs = choose_glyphs(runs, coloured=coloured, ascii_only=ascii_only)
    lines = list(chart(curves, view, glyphs, width=width, height=height))
    if not coloured:
        for line in lines:
            print("".join(text for text, _ in line).rstrip())
        return
    from rich.console import Console
    from rich.text import Text

    screen = Console(highlight=False)
    for line in lines:
        screen.print(Text.assemble(*line), soft_wrap=True)
