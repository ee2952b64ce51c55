"""An explanation as one HTML page that asks no host for anything.

Each token is a column: its text, and below it a bar for each strip, coloured by classes, as the
page's policy allows no style attributes. What a token is connected to is in a block of JSON, which
the script reads: it shades the tokens before, and fills in the panel. Without scripts the page
still shows surprise and gates.

Texts and names are data everywhere: escaped in HTML, and in JSON with <, > and & as code points, so
that nothing in them can end its block. The policy names the only style and script by hash.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen import controls
from rnngen.analysis.units import bin_names, histogram

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rnngen.analysis.explain import Alternative, Explanation, Strip

SHADES = 9
"""Steps of colour, 0 to 9."""
MOST_BITS = 12
"""Surprise that has the deepest colour."""
LEAST_SHARE = 3
"""Percent of a token's strongest connection; weaker ones are left out."""
EFFECTS = 4
"""Earlier tokens whose effect is told for each."""


def page(found: Explanation, name: str) -> str:
    """The whole page.  name: of the model."""
    style, script = _asset("page.css"), _asset("page.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    title = html.escape(controls.title(f"{name}: {' '.join(found.text.split())[:60]}"))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{html.escape(controls.title(name))} reads a text</h1>
<p>{_summary(found)}</p>
<p id="how">Point at a token, or move with the arrow keys. Earlier tokens are shaded by
connectivity: the length of the gradient of the token's log-probability by what the model read
there.</p>
<div id="panel" aria-live="polite"></div>
<div id="text">{"".join(_columns(found))}</div>
<h2>Bars below the text</h2>
<p>Faint is 0, full colour is 1. Each gate is shown as the mean of all units and as the units that
move most.</p>
<ol id="strips">{"".join(f"<li>{html.escape(_strip_name(s))}</li>" for s in found.strips())}</ol>
<h2>How long units remember</h2>
{_memory(found)}
<h2>Units that follow the text</h2>
{_followers(found)}
</main>
<script type="application/json" id="data">{_json(_data(found))}</script>
<script>{script}</script>
</body>
</html>
"""


@cache
def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _json(data: Any) -> str:
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _summary(found: Explanation) -> str:
    read = f"Read as a text of {html.escape(controls.title(found.begins_with))}. "
    return ("" if found.label is None else read) + (
        f"{found.bits.sum():.1f} bits in all, {found.bits_per_character:.2f} a character. Half of "
        f"all connectivity lies within {found.reach():.0f} characters."
    )


def _columns(found: Explanation) -> Iterable[str]:
    """A column a token: text, surprise as its colour, and the bars of the strips."""
    shades = np.array([_shades(strip.values) for strip in found.strips()]).T  # (T, strips)
    surprise = _shades(found.bits / MOST_BITS)
    for index, (token, bits) in enumerate(zip(found.tokens, found.bits, strict=True)):
        bars = "".join(f"<i class=g{shade}></i>" for shade in shades[index])
        label = html.escape(f"{token!r}, {bits:.2f} bits")
        yield (
            f'<span class="t b{surprise[index]}" role="img" tabindex="{-1 if index else 0}" '
            f'aria-label="{label}"><b>{html.escape(_visible(token))}</b>{bars}</span>'
        )
        if token.endswith("\n"):
            yield "<br>"


def _shades(values: Any) -> list[int]:
    return np.clip(np.rint(values * SHADES), 0, SHADES).astype(int).tolist()  # type: ignore[no-any-return]


def _visible(token: str) -> str:
    shown = token.replace("\n", "\u21b5").replace(" ", "\u00a0")
    return "".join(c if c.isprintable() or c == "\u00a0" else "\ufffd" for c in shown)


def _strip_name(strip: Strip) -> str:
    unit = "mean" if strip.unit is None else f"unit {strip.unit}"
    return f"layer {strip.layer + 1}, {strip.name}, {unit}"


def _data(found: Explanation) -> dict[str, Any]:
    return {
        "start": "the start" if found.label is None else found.begins_with,
        "tokens": found.tokens,
        "bits": np.round(found.bits, 2).tolist(),
        "expected": [_likeliest(place) for place in found.alternatives],
        "next": _likeliest(found.next),
        "connected": [_connections(found, index) for index in range(len(found.tokens))],
        "effects": [
            [[column, round(effect, 2)] for column, effect in found.strongest(index, EFFECTS)]
            for index in range(len(found.tokens))
        ],
    }


def _likeliest(place: Sequence[Alternative]) -> list[list[Any]]:
    """A text and per cent; null stands for the end."""
    return [[None if each.ends else each.text, round(100 * each.probability)] for each in place]


def _connections(found: Explanation, token: int) -> list[list[int]]:
    """Column and per cent of the strongest, of each connection worth shading."""
    row = found.connectivity[token, : token + 1]
    shares = np.rint(100 * row / max(float(row.max()), 1e-30)).astype(int).tolist()
    return [[column, share] for column, share in enumerate(shares) if share >= LEAST_SHARE]


def _memory(found: Explanation) -> str:
    """A table: how many units have which time constant."""
    layers = [histogram(layer) for layer in found.time_constants]
    most = max(map(max, layers))
    heads = "".join(f"<th>layer {k + 1}</th>" for k in range(len(layers)))
    rows = "".join(
        f"<tr><th>{name}</th>{''.join(_cell(count, most) for count in counts)}</tr>"
        for name, *counts in zip(bin_names(), *layers, strict=True)
    )
    return (
        "<p>Units by the characters after which 1/e of their memory is left.</p>"
        f"<table><tr><th>characters</th>{heads}</tr>{rows}</table>"
    )


def _cell(count: int, most: int) -> str:
    return f'<td><meter max="{most}" value="{count}"></meter> {count}</td>'


def _followers(found: Explanation) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(each.feature)}</td><td>layer {each.layer + 1}, unit {each.unit}</td>"
        f"<td>{each.correlation:+.2f}</td><td>{each.shuffled:.2f}</td>"
        f"<td>{'follows it' if each.is_labelled else 'no label'}</td></tr>"
        for each in found.followers
    )
    missing = f"<p>Not shown by the text: {html.escape(', '.join(found.missing))}.</p>"
    heads = "<tr><th>feature</th><th>unit</th><th>correlation</th><th>shuffled</th><th></th></tr>"
    return (f"<table>{heads}{rows}</table>" if rows else "") + (missing if found.missing else "")
