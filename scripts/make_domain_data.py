"""Makes the list of top-level domains that make an address in a tweet.

    python -m scripts.make_domain_data      # needs the PyPI package `twitter-text-parser`

The package carries the list that Twitter published for counting; newer domains make no address
there. Writes data/domains.txt: a comment with source and date, then the domains, longest first.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import importlib.util
import re
from pathlib import Path

from rnngen.forms.language import DATA

PACKAGE = "twitter-text-parser"
_LISTS = ("valid_gtld.py", "valid_cctld.py")
_WIDTH = 100


def main() -> None:
    domains = read_domains()
    version = importlib.metadata.version(PACKAGE)
    head = (
        f"# {len(domains)} top-level domains that Twitter counts as addresses, as published with\n"
        f"# {PACKAGE} {version} (23 May 2023); written {datetime.date.today()}.\n"
    )
    (DATA / "domains.txt").write_text(head + "\n".join(_wrapped(domains)) + "\n", encoding="utf-8")
    print(head, end="")


def read_domains() -> list[str]:
    """The domains of the package's two lists, the longest first."""
    found = importlib.util.find_spec("twitter_text")
    assert found is not None
    assert found.submodule_search_locations
    folder = Path(found.submodule_search_locations[0]) / "regexp"
    domains: set[str] = set()
    for name in _LISTS:
        # Each source is one regular expression, written as strings of names between bars.
        strings = re.findall(r"'([^']*)'", (folder / name).read_text(encoding="utf-8"))
        for part in "".join(strings).split("(?=")[0].split("|"):
            domains.add(part.strip("(?:)").lower())
    domains.discard("")
    return sorted(domains, key=lambda name: (-len(name), name))


def _wrapped(names: list[str]) -> list[str]:
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) >= _WIDTH:
            lines.append("")
        lines[-1] = f"{lines[-1]} {name}".strip()
    return lines


if __name__ == "__main__":
    main()
