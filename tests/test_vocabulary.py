"""One word, one meaning: what a name says is the same in all of the package."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "rnngen"
FILES = sorted(PACKAGE.rglob("*.py"))
TREES = {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8")) for path in FILES}

# Names that once stood for something, and the name that the field has for it.
RETIRED = {
    "brought": "to_device",
    "cook": "recipe",
    "crew": "worker_pool",
    "hands": "num_workers",
    "joined_rows": "all_gather",
    "led": "leading",
    "lures": "bias",
    "parted": "divided",
    "serve": "recipe",
    "shorten": "clip_gradient",
    "spoken": "uses_words",
    "steering": "constraints",
    "sum_": "all_reduce",
    "sweep": "line_masks",
    "told": "what was said",
    "under": "strip_prefix",
}

# Words that mean one thing, and where that thing is.
BELONGS = {
    "runs?": (
        "analysis/",
        "api.py",
        "checkpoint.py",
        "cli/",
        "console/",
        "dataset/cache.py",  # under the home of runs
        "inspection.py",
        "plotting/",
        "runs/",
        "training/",
    ),
    "spans?": ("cli/check.py", "novelty/", "sampling/novelty_guard.py", "training/plan.py"),
    "shards?": ("cli/tokenize.py", "corpus/", "dataset/"),
    "particles?": ("cli/", "forms/", "language_model.py"),
}


def names(tree: ast.AST) -> set[str]:
    """All that a file defines or assigns to: classes, functions, arguments, variables, fields."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
    return found


NAMES = {file: names(tree) for file, tree in TREES.items()}


def test_no_two_classes_have_one_name():
    files: dict[str, list[str]] = defaultdict(list)
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                files[node.name.lstrip("_")].append(file)
    assert {name: where for name, where in files.items() if len(where) > 1} == {}


@pytest.mark.parametrize("name", RETIRED)
def test_a_retired_name_is_not_used_again(name: str):
    found = [(file, known) for file, all_of in NAMES.items() for known in all_of]
    assert found
    assert [(file, known) for file, known in found if known.strip("_") == name.strip("_")] == []


@pytest.mark.parametrize("word", BELONGS)
def test_a_word_names_only_what_it_means(word: str):
    """As a part of a name: `num_runs` names runs."""
    pattern = re.compile(rf"(?:^|_){word}(?:_|$)", re.IGNORECASE)
    elsewhere = {
        file: sorted(filter(pattern.search, all_of))
        for file, all_of in NAMES.items()
        if not file.startswith(BELONGS[word]) and any(map(pattern.search, all_of))
    }
    assert elsewhere == {}
