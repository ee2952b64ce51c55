"""Print the lowest version that pyproject.toml allows of each package, as constraints for pip."""

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
LOWEST = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,-]+\])?>=(?P<version>[\w.]+)")


def lowest_versions(project: Path = PROJECT) -> list[str]:
    """Return a line `name==version` for every package that rnngen and its tests need."""
    metadata = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    needed = set(metadata["dependencies"])
    for packages in metadata["optional-dependencies"].values():
        needed.update(packages)
    lines = set()
    for package in needed:
        match = LOWEST.match(package)
        if match is None:
            raise SystemExit(f"{project}: {package!r} has no lowest version")
        lines.add(f"{match['name']}=={match['version']}")
    return sorted(lines)


if __name__ == "__main__":
    print("\n".join(lowest_versions()))
