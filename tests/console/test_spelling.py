"""Settings in messages: by name in the library, as options on the command line."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from rnngen import cli
from rnngen.console.spelling import OPTIONS, as_options
from rnngen.errors import SETTING
from scripts import make_docs
from tests.conftest import ROOT

SPEAK_OF_SETTINGS = ("dataset", "score", "training")
NAME_NO_OPTION = (*SPEAK_OF_SETTINGS, "corpus", "plotting", "sampling")
"""Folders whose messages name settings, never options."""


def module(path: Path) -> str:
    return f"{path.parent.name}.{path.stem}"


def files(packages: tuple[str, ...]) -> list[Path]:
    return [path for name in packages for path in (ROOT / "rnngen" / name).rglob("*.py")]


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


@pytest.mark.parametrize("path", files(NAME_NO_OPTION), ids=module)
def test_the_library_names_no_options(path: Path):
    source = path.read_text(encoding="utf-8")
    assert re.findall(r"(?<![-\w])--[a-z][\w-]*", source) == []


@pytest.mark.parametrize("path", files(SPEAK_OF_SETTINGS), ids=module)
def test_what_a_message_puts_in_backquotes_is_a_setting(path: Path):
    source = path.read_text(encoding="utf-8")
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
