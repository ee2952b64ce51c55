"""Help in groups: as wide as it may be, and true of what training does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import pytest
import typer

from rnngen import cli
from rnngen.cli.help import PLAIN_GROUP, group_of
from rnngen.config import ModelConfig, TextConfig, TrainConfig
from rnngen.training import recipe
from rnngen.training.situation import Situation
from tests.conftest import ROOT

GROUP: Any = typer.main.get_command(cli.app)
GROUPS = ["Options", "Time", "Text", "Tokens", "Model", "Training", "Machine"]
CONFIGS = (TextConfig, ModelConfig, TrainConfig)


NEEDED: dict[type, dict[str, Any]] = {ModelConfig: {"vocab_size": 9}}


def help_of(*command: str, columns: int) -> list[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": str(columns)}
    line = [sys.executable, "-m", "rnngen", *command, "--help"]
    ran = subprocess.run(line, env=environment, capture_output=True, text=True, check=True)
    return ran.stdout.splitlines()


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("command", ["train", "sample", "models"])
def test_no_line_is_wider_than_the_terminal_and_all_meanings_align(command: str, columns: int):
    lines = help_of(command, columns=columns)
    assert max(map(len, lines)) <= columns
    assert not any("\u00a0" in line for line in lines)
    # Where an option and its meaning stand on one line: where the meaning begins.
    rows = [re.match(r"  (?:-\w, )?--?[\w-]+.*?  +(?=\S)", line) for line in lines]
    assert len({row.end() for row in rows if row}) == 1


def test_the_groups_come_in_the_order_of_the_documentation():
    lines = help_of("train", columns=80)
    headings = [line.rstrip(":") for line in lines if re.fullmatch(r"\w+:", line)]
    assert headings == ["Arguments", *GROUPS]


def test_a_default_is_never_broken_between_lines():
    for columns in (60, 80, 100, 120):
        text = "\n".join(help_of("train", columns=columns))
        assert text.count("[default:") == len(re.findall(r"\[default: \S+\]", text)) > 10


def test_every_setting_of_training_has_a_group_and_its_choices():
    parameters = {p.name: p for p in GROUP.get_command(None, "train").params}
    for config in CONFIGS:
        for name, field in config.__dataclass_fields__.items():
            if name == "paths" or (config is ModelConfig and name == "vocab_size"):
                continue
            shown = parameters[name]
            assert group_of(shown) == (field.metadata["group"] or PLAIN_GROUP)
            if choices := field.metadata["choices"]:
                assert shown.metavar == "|".join(choices)
                config_check = f"`{name}` must be one of {', '.join(choices)}, got nothing"
                with pytest.raises(Exception, match=re.escape(config_check)):
                    config(**{**NEEDED.get(config, {}), name: "nothing"})


@pytest.mark.parametrize("num_tokens", [500, 50_000, 3_000_000, 400_000_000])
@pytest.mark.parametrize("settings", [{}, {"minutes": 600}, {"steps": 3}, {"cell": "gru"}])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_default_that_is_shown_is_what_training_takes(num_tokens, settings, device):
    situation = Situation(num_tokens, num_tokens // 10, 90, cores=4, device=device)
    chosen = recipe.choose(situation, settings)
    values = {**chosen.model.to_dict(), **chosen.train.to_dict(), **settings}
    for config in (ModelConfig, TrainConfig):
        for name, field in config.__dataclass_fields__.items():
            is_shown = not field.metadata["is_chosen"] and field.default is not None
            if is_shown and name not in (*settings, "vocab_size"):
                assert values[name] == field.default, name
