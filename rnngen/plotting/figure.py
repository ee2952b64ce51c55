"""Curves as a picture file, drawn by matplotlib."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rnngen import controls
from rnngen.errors import ConfigError, PackageError
from rnngen.files import replace_file
from rnngen.plotting.curves import HELD_OUT, TRAINING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from rnngen.plotting.curves import Curve, View

DATES: dict[str, dict[str, None]] = {
    "png": {},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}
"""Format -> what keeps the time out of the file, so that the same curves give the same file."""
INCHES = (8, 5)
DOTS_PER_INCH = 150


def save(curves: Sequence[Curve], view: View, path: Path) -> None:
    """Draw curves into `path`; the format is its suffix. Raises as `save_figure` does."""
    save_figure(lambda: draw(curves, view), path)


def save_figure(make: Callable[[], Figure], path: Path, setting: str = "out") -> None:
    """Write the figure that `make` draws to `path`; the format is its suffix.

    setting: what names the file to the user.
    Raises ConfigError for any other suffix, PackageError without matplotlib, FileError if
    the file cannot be written; it is written whole or not at all.
    """
    kind = check_can_save(path, setting)
    import matplotlib

    content = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "rnngen"}):
        make().savefig(content, format=kind, dpi=DOTS_PER_INCH, metadata=DATES[kind])
    replace_file(path, content.getvalue())


def check_can_save(path: Path, setting: str = "out") -> str:
    """The format of a picture at `path`. Raises as `save_figure` does, before work is spent."""
    kind = file_format(path, setting)
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise PackageError(f'`{setting}` needs matplotlib: pip install "rnngen[plot]"') from error
    return kind


def file_format(path: Path, setting: str = "out") -> str:
    """png, svg or pdf, as the name says. Raises ConfigError for any other."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in DATES:
        raise ConfigError(f"`{setting}` must end in .png, .svg or .pdf, got {str(path)!r}.")
    return kind


def draw(curves: Sequence[Curve], view: View) -> Figure:
    """A figure of its own, unknown to pyplot: thin lines of training, held-out text with points."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, layout="constrained")
    axes = figure.add_subplot()
    runs = list(dict.fromkeys(curve.run for curve in curves))
    for curve in curves:
        colour = f"C{runs.index(curve.run) % 10}"
        x, y = zip(*curve.points, strict=True)
        if curve.kind == TRAINING:
            axes.plot(x, y, color=colour, label=_label(curve), linewidth=1, alpha=0.6)
        else:
            axes.plot(x, y, color=colour, label=_label(curve), linewidth=2, marker="o", ms=4)
    axes.set_xlabel(view.x_label)
    axes.set_ylabel(view.y_label)
    axes.set_xscale("log" if view.log_x else "linear")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def _label(curve: Curve) -> str:
    """What the legend says; a leading underscore or a dollar sign means something to matplotlib."""
    name = controls.title(curve.run).replace("$", r"\$")
    label = f"{name}, {curve.kind.replace('_', ' ')} {curve.last[1]:.4f}"
    if curve.kind == HELD_OUT:
        label += f", best {curve.best[1]:.4f}"
    return f" {label}" if label.startswith("_") else label
