"""Settings in messages: by name in the library, as options on the command line."""

from __future__ import annotations

import ast
import re

import pytest

from rnngen import cli
from rnngen.console.spelling import OPTIONS, as_options
from rnngen.errors import SETTING
from scripts import make_docs
from tests.conftest import ROOT

SPEAK_OF_SETTINGS = ("training", "dataset")
"""Folders whose messages name settings, never options."""
FILES = [path for name in SPEAK_OF_SETTINGS for path in (ROOT / "rnngen" / name).rglob("*.py")]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("`batch_size` 3 is less than 4.", "--batch-size 3 is less than 4."),
        ("lower `learning_rate`, or `resume`", "lower --learning-rate, or --resume"),
        ("the steps of batch_size.txt", "the steps of batch_size.txt"),
        ("`no_setting` `Steps` ``", "`no_setting` `Steps` ``"),
    ],
)
def test_a_setting_is_spelled_as_an_option_and_no_other_word_is(message: str, shown: str):
    assert as_options(message) == shown


def test_what_is_spelled_as_an_option_is_one_of_some_command():
    known = {option for name in cli.COMMANDS for option in make_docs.options_of(name)}
    assert {f"--{name.replace('_', '-')}" for name in OPTIONS} - known == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_the_library_names_settings_and_never_options(path):
    source = path.read_text(encoding="utf-8")
    assert re.findall(r"(?<![-\w])--[a-z][\w-]*", source) == []
    texts = [node.value for node in ast.walk(ast.parse(source)) if is_text(node)]
    documentation = {
        ast.get_docstring(node, clean=False)
        for node in ast.walk(ast.parse(source))
        if has_docstring(node)
    }
    named = {name for text in texts if text not in documentation for name in SETTING.findall(text)}
    assert named - OPTIONS == set()


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def has_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
