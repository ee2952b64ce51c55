"""The documentation is true: its commands run, its output is real, its tables are up to date.

Every block of a page runs in order, in a scratch folder of the page's own; tests/pages.py says how
a block is marked. Training is cut to a few steps of a small model on the beginning of each text.
"""

from __future__ import annotations

import contextlib
import gzip
import importlib.util
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from rnngen import cli
from rnngen.cli import app
from rnngen.cli.help import group_of
from scripts import make_docs
from tests import pages
from tests.conftest import ROOT
from tests.pages import LINKED, PAGES, Block
from tests.test_imports import LEVELS

README_BYTES = 8_000
BEGINNING = 20_000
"""Characters of each corpus that the blocks work on."""
MOST_TEXTS = 3
SHORT = ("--hidden-size", "8", "--num-layers", "1", "--evaluations", "1")
COMPARE_QUICKLY = ("--num-layers", "1")
TORCHRUN = {"--standalone", "--nnodes", "--nproc-per-node", "--max-restarts"}
TORCHRUN |= {"--rdzv-backend", "--rdzv-endpoint"}
OTHER_OPTIONS = TORCHRUN | {"--help", "--version", "--verbose"}
OTHER_OPTIONS |= {"--install-completion", "--show-completion"}


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


# Tables


@each_page
def test_tables_are_what_the_program_says(page: Path):
    text = page.read_text(encoding="utf-8")
    assert make_docs.filled(text) == text, "run: make docs"


ALL_COMMANDS = [c for name in cli.COMMANDS for c in (name, *make_docs.subcommands(name))]


@pytest.mark.parametrize("command", ALL_COMMANDS)
def test_every_option_of_a_command_stands_in_a_table_of_it(command: str):
    shown: set[str] = set()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for table in re.findall(rf"<!-- options: {command} (?:--).*?<!-- end -->", text, re.DOTALL):
            shown |= {
                flag
                for row in table.splitlines()[3:]
                for flag in re.findall(r"--[\w-]+", row.split(" | ")[0])
            }
    assert shown >= set(make_docs.options_of(command))


def test_the_groups_of_the_help_are_the_tables_of_the_page():
    text = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    marks = re.findall(r"<!-- options: train (--.*?) -->", text)
    groups: dict[str, list[str]] = {}
    for flag, parameter in make_docs.options_of("train").items():
        groups.setdefault(group_of(parameter), []).append(flag)
    assert sorted(map(str.split, marks)) == sorted(groups.values())


def test_no_page_names_an_option_that_does_not_exist():
    parameters = [p for name in ALL_COMMANDS for p in make_docs.command(name).params]
    known = OTHER_OPTIONS | {o for p in parameters for o in (*p.opts, *p.secondary_opts)}
    named = {o: name_of(page) for page in PAGES for o in pages.OPTION.findall(pages.prose(page))}
    assert {option: page for option, page in named.items() if option not in known} == {}


# Links and size


@pytest.mark.parametrize("page", LINKED, ids=name_of)
def test_links_lead_somewhere(page: Path):
    for link in pages.LINK.findall(pages.prose(page)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link}: there is no such file"
        if anchor:
            assert anchor in pages.anchors(target), f"{link}: there is no such heading"


def test_the_index_lists_every_page():
    index = ROOT / "docs" / "README.md"
    linked = {link.partition("#")[0] for link in pages.LINK.findall(pages.prose(index))}
    assert {page.name for page in PAGES if page.parent == index.parent} - linked == {"README.md"}


def test_the_readme_stays_short():
    assert len((ROOT / "README.md").read_bytes()) <= README_BYTES


# Design

LAYOUT_LINE = re.compile(r"^( +)(\w+)(?:/|\.py) .* (\d+)$", re.MULTILINE)


def test_the_layout_in_the_design_has_the_levels_of_the_code():
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    shown, folder = {}, ""
    for indent, name, level in LAYOUT_LINE.findall(design):
        folder = folder if len(indent) > 2 else name
        shown[name if folder == name else f"{folder}.{name}"] = int(level)
    known = {name: level for level, names in enumerate(LEVELS) for name in names}
    assert shown == {name: level for name, level in known.items() if name not in ("", "__main__")}


# Blocks


@each_page
def test_every_block_says_what_it_is(page: Path):
    for block in pages.blocks(page):
        known = ("", "output", "file", "shown", "not run")
        assert block.note.partition(":")[0] in known, f"line {block.line}: {block.note}"
        if block.language not in ("sh", "python"):
            assert block.note or block.language == "toml", f"line {block.line}: say what it is"


@each_page
def test_every_command_parses(page: Path):
    for block in pages.blocks(page):
        if block.language != "sh" or block.directive("shown") is not None:
            continue
        for line in pages.lines(block):
            for arguments in pages.commands(line):
                parse(arguments, f"{name_of(page)}, line {block.line}: {line}")
            check_others(shlex.split(line), line)


@each_page
def test_modules_and_scripts_that_a_page_names_exist(page: Path):
    for code in re.findall(r"`(python [^`]+)`", page.read_text(encoding="utf-8")):
        check_others(shlex.split(code), code)


def parse(arguments: list[str], where: str) -> None:
    """Fail unless the command line is one that rnngen takes."""
    if not arguments or arguments[0].startswith("-"):
        assert set(arguments) <= OTHER_OPTIONS, where
        return
    assert arguments[0] in cli.COMMANDS, f"{where}: no such command"
    name, rest = arguments[0], list(arguments[1:])
    if rest and f"{name} {rest[0]}" in make_docs.subcommands(name):
        name = f"{name} {rest.pop(0)}"
    try:
        make_docs.command(name).make_context(name, [word for word in rest if word != "--help"])
    except typer.TyperException as error:
        pytest.fail(f"{where}: {error.format_message()}")


def check_others(words: list[str], where: str) -> None:
    """Targets of make, extras of pip and modules of python must exist."""
    if words[0] == "make":
        targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert set(words[1:]) <= set(targets), where
    if words[:2] == ["pip", "install"]:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        extras = {e for word in words for e in re.findall(r"\[(\w+)\]", word)}
        assert extras <= set(project["optional-dependencies"]), where
    if words[0] == "torchrun":
        options = {word for word in words[: words.index("-m")] if word.startswith("--")}
        assert options <= TORCHRUN, where
    if words[:2] == ["python", "-m"]:
        assert importlib.util.find_spec(words[2]), where
    elif words[0] == "python":
        assert (ROOT / words[1]).is_file(), where


@each_page
def test_blocks_run_and_print_what_is_shown(page: Path, scratch: Path):
    """One test for a page: later blocks use what earlier ones wrote."""
    printed = ""
    blocks = pages.blocks(page)
    for block, after in zip(blocks, [*blocks[1:], None], strict=False):
        shell = Shell(scratch, exact=after is not None and after.directive("output") is not None)
        where = f"{name_of(page)}, line {block.line}"
        if (file := block.directive("file")) is not None:
            (scratch / file).write_text(block.body, encoding="utf-8")
        elif block.directive("output") is not None:
            if os.environ.get("RNNGEN_WRITE_DOCS") and "...\n" not in block.body:
                pages.replace_body(page, block, printed.rstrip("\n") + "\n")
            else:
                assert is_as_shown(printed, block.body), f"{where}: it prints\n{printed}"
        elif block.note:
            continue
        elif block.language == "sh":
            printed = "".join(shell.run(line, where) for line in pages.lines(block))
        elif block.language == "python":
            printed = run_python(block, where)
        elif block.language == "toml":
            tomllib.loads(block.body)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds the files the pages speak of, and no runs."""
    for name in ("RNNGEN_HOME", "RNNGEN_MODEL", "RNNGEN_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RNNGEN_SEED", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpora").mkdir()
    for corpus in (ROOT / "corpora").glob("*.txt"):
        text = corpus.read_text(encoding="utf-8")[:BEGINNING]
        whole = text.rpartition("\n\n")[0] or text
        (tmp_path / "corpora" / corpus.name).write_text(whole + "\n", encoding="utf-8")
    write_own_files(tmp_path)
    return tmp_path


def write_own_files(folder: Path) -> None:
    """What a user would have: poems, posts in a table, a chat, an old archive, books."""
    haiku = (folder / "corpora" / "haiku.txt").read_text()
    posts = (folder / "corpora" / "posts.txt").read_text().splitlines()
    for name in ("poems", "old", "text"):
        (folder / name).mkdir()
    for name in ("poems/one.txt", "poems/two.txt", "text/one.txt", "my-poems.txt"):
        (folder / name).write_text(haiku)
    for name in ("extra.txt.gz", "old/2020.gz", "old/2021.gz", "books.txt.gz"):
        (folder / name).write_bytes(gzip.compress(haiku.encode()))
    rows = ['"' + post.replace('"', '""') + '",' + "glad" * (n % 2) for n, post in enumerate(posts)]
    (folder / "posts.csv").write_text("\n".join(["text,mood", *rows]) + "\n")
    said = [
        f"12/31/23, 9:41 PM - {('Ann', 'Bob')[n % 2]}: {post}"
        for n, post in enumerate(posts)
        if post
    ]
    (folder / "chat.txt").write_text("\n".join(said) + "\n")


class Shell:
    """Runs command lines in this process where it can: a process of its own takes seconds."""

    def __init__(self, folder: Path, *, exact: bool) -> None:
        """exact: every text must be the one that is shown, not fewer and not of fewer drafts."""
        self.folder = folder
        self.shorten = train_shortly if exact else shortened

    def run(self, line: str, where: str) -> str:
        """What a line prints on stdout. Fails if one of its commands does."""
        if pages.SHELL.search(line):
            return self._bash(line, None, where).decode()
        commands, file = pages.stages(line)
        data: bytes | None = None
        for command in commands:
            words = shlex.split(command)
            run = self._here if words[0] == "rnngen" else self._bash
            data = run(command, data, where)
        if file is None:
            return (data or b"").decode()
        (self.folder / file).write_bytes(data or b"")
        return ""

    def _here(self, command: str, data: bytes | None, where: str) -> bytes:
        arguments = self.shorten(shlex.split(command)[1:])
        ran = CliRunner().invoke(app, arguments, input=data, prog_name="rnngen")
        if ran.exception and not isinstance(ran.exception, SystemExit):
            raise ran.exception
        assert ran.exit_code == 0, f"{where}: {command}\n{ran.stderr}"
        return ran.stdout_bytes

    def _bash(self, command: str, data: bytes | None, where: str) -> bytes:
        program = f'rnngen() {{ {sys.executable} -m rnngen "$@"; }}'
        ran = subprocess.run(
            ["bash", "-ec", f"{program}\n{command}"],
            input=data or b"",
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            timeout=120,
        )
        assert ran.returncode == 0, f"{where}: {command}\n{ran.stderr.decode()}"
        return ran.stdout


def shortened(arguments: list[str]) -> list[str]:
    """The same command, but that it takes a moment: short training, few texts of few drafts."""
    if arguments[:1] != ["sample"]:
        return train_shortly(arguments)
    many = arguments.index("-n") + 1 if "-n" in arguments else len(arguments)
    fewer = [min(word, str(MOST_TEXTS), key=int) for word in arguments[many : many + 1]]
    drafts = [] if {"--particles", "--budget-ms"} & set(arguments) else ["--particles", "2"]
    is_form = any(word.startswith(("--form", "--acrostic")) for word in arguments)
    return [*arguments[:many], *fewer, *arguments[many + 1 :], *(drafts if is_form else [])]


def train_shortly(arguments: list[str]) -> list[str]:
    """The same command, but that training makes few steps with a small model."""
    if arguments[:1] == ["compare"] and "--resume" not in arguments:
        return [*arguments, "--steps", "20", "--seeds", "1", *COMPARE_QUICKLY]
    if arguments[:1] != ["train"]:
        return arguments
    if "--resume" in arguments:
        moved = {"--minutes", "--epochs", "--steps"} & set(arguments)
        return [*arguments, "--steps", "4"] if moved else arguments
    shape = ("--evaluations", "1") if "--init-from" in arguments else SHORT
    return [*arguments, *shape, "--steps", "2"]


def run_python(block: Block, where: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(block.body, where, "exec"), {})
    return printed.getvalue()


def is_as_shown(printed: str, shown: str) -> bool:
    """Whether the output is the one shown, in which a line `...` stands for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"[^\S\n]*\n"
        for line in shown.rstrip("\n").splitlines()
    )
    return re.fullmatch(pattern, printed.rstrip("\n") + "\n") is not None


# Keys of --json


KEYS = re.compile(r"<!-- keys: (.*?) -->\n(.*?)<!-- end -->", re.DOTALL)


def test_the_keys_of_json_are_the_documented_ones(scratch: Path):
    text = (ROOT / "docs" / "scripting.md").read_text(encoding="utf-8")
    (scratch / "poem.txt").write_text("an old pond\n")
    documented = KEYS.findall(text)
    assert len(documented) >= 10
    shell = Shell(scratch, exact=False)
    for command, table in documented:
        rows = [row.split(" | ")[0] for row in table.splitlines() if row.startswith("| `")]
        keys = {key for row in rows for key in re.findall(r"`([\w]+)`", row)}
        first = shell.run(command, "scripting.md").splitlines()[0]
        assert set(json.loads(first)) == keys, command


def test_every_test_that_the_page_on_security_names_is_there():
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", text))
    assert len(named) > 20
    assert not [name for name in sorted(named) if not (ROOT / name).is_file()]
