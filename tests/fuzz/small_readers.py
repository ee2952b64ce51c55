"""The readers of logs and settings."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen import forms, inspection, runs
from rnngen.forms import preset
from tests.fuzz.base import TEXT, Reader
from tests.fuzz.cases import ODD, with_odd_values

if TYPE_CHECKING:
    from random import Random


class LogReader(Reader):
    """A log: drawn, checked, and gone on with."""

    suffix = ".jsonl"

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self._events = [
            {"event": "planned", "step": 0, "epoch": 0.0, "tokens": 0, "seconds": 0.1},
            {"event": "step", "step": 10, "epoch": 0.5, "tokens": 99, "seconds": 1.5,
             "train_nats_per_token": 3.5, "learning_rate": 0.1, "tokens_per_second": 9.5},
            {"event": "evaluation", "step": 10, "epoch": 0.5, "tokens": 99, "seconds": 1.6,
             "valid_nats_per_token": 3.5, "valid_bits_per_byte": 4.5, "best": True},
            {"event": "saved", "step": 10, "epoch": 0.5, "tokens": 99, "seconds": 1.7, "path": "a"},
            {"event": "stopped", "step": 20, "epoch": 1, "tokens": 9, "seconds": 2, "reason": ""},
        ]  # fmt: skip
        self.seeds = ["".join(json.dumps(event) + "\n" for event in self._events).encode()]

    def structured(self, rng: Random) -> bytes:
        lines = [json.dumps(with_odd_values(event, rng)) for event in self._events * 2]
        return rng.choice(("\n", "", "\r\n", " ")).join(lines).encode()

    def read(self, path: Path) -> None:
        from rnngen.plotting.curves import View, curves, read_log
        from rnngen.training.log import Log

        inspection.inspect_file(path)
        log = read_log(path, "r")
        for x in ("step", "tokens", "minutes", "epoch"):
            for y in ("nats", "bits"):
                curves([log], View(x=x, y=y, smooth=0.5))
        copy = self.place / runs.LOG_FILE
        shutil.copyfile(path, copy)
        with Log(copy, keep_until=10):
            pass


class PresetReader(Reader):
    """The settings that a model carries."""

    suffix = ".json"

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self._presets: list[dict[str, Any]] = [
            {"form": "haiku", "particles": 2, "temperature": 0.7, "best_of": 4},
            {"temperature": 0.5, "top_k": 5, "top_p": 0.9, "ban": ["a"], "bias": [["b", 1.0]]},
        ]
        self.seeds = [json.dumps(each).encode() for each in self._presets]

    def structured(self, rng: Random) -> bytes:
        values = with_odd_values(rng.choice(self._presets), rng)
        if isinstance(values, dict) and rng.random() < 0.5:
            values = {**values, rng.choice(preset.NAMES): rng.choice(ODD)}
        return json.dumps(values).encode()

    def read(self, path: Path) -> None:
        try:
            values = json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            return
        if isinstance(values, dict):
            preset.merge(values, {})


class FormReader(Reader):
    """A form's TOML file: read, and a text compared with the form."""

    suffix = ".toml"

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        from rnngen.forms.spec import BUILTIN

        self.seeds = [file.read_bytes() for file in sorted(BUILTIN.glob("*.toml"))]
        self._parts = [
            *['name = "a"\n', 'unit = "chars"\n', 'unit = "words"\n', 'unit = "tweet"\n'],
            *['unit = "syllables"\n', "lines = [5, 7, 5]\n", "lines = [[1, 60]]\n", "lines = []\n"],
            *['rhyme = "aba"\n', 'acrostic = "abc"\n', "max_weight = 280\n", 'break = "wrap"\n'],
            *['match = "(a+)+$"\n', "match = '[a-z]{1,500}'\n", "match = '('\n", 'end = "any"\n'],
            *["match = '(?P<a>x)(?P=a)'\n", "match = '(a{500}){500}'\n", "lines = [[1, 2000]]\n"],
            *["lines = [99999999999]\n", 'about = "\\u0000"\n', "[a.b.c]\n", "x = {a = [[1]]}\n"],
        ]

    def structured(self, rng: Random) -> bytes:
        whole = ['name = "a"\n', rng.choice(self._parts[1:5]), rng.choice(self._parts[5:7])]
        chosen = [*whole, *rng.choices(self._parts, k=rng.choice((0, 2, 6)))]
        lines = {part.partition(" ")[0]: part for part in chosen}
        if rng.random() < 0.1:
            lines["x"] = "x = " + "[" * rng.choice((40, 5000)) + "\n"
        return "".join(lines.values()).encode()

    def read(self, path: Path) -> None:
        form = forms.load(path)
        for text in (TEXT, "a" * 60, ""):
            forms.check(text, form)


class ConfigReader(Reader):
    """The settings of a run in a TOML file."""

    suffix = ".toml"

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self._lines = [
            *["hidden_size = 64", "num_layers = 2", 'cell = "gru"', "dropout = 0.1", "steps = 9"],
            *["minutes = 1.5", "batch_size = 8", "seq_len = 16", "learning_rate = 1e-3"],
            *['documents = "line"', 'tokenizer = "subword"', "vocab_size = 400", "seed = 1"],
            *['column = "text"', "valid_fraction = 0.2", 'encoding = "utf-8"', "clip = 1.0"],
        ]
        self.seeds = ["\n".join(self._lines).encode(), b"hidden_size = 32\n# a remark\n"]

    def structured(self, rng: Random) -> bytes:
        odd = ["true", "-1", "0", "1e400", "nan", "[]", "{}", '""', "9" * 30, "1979-05-27", '"x"']
        lines = rng.sample(self._lines, 6)
        for _ in range(rng.randrange(3)):
            name = lines.pop().partition(" ")[0]
            lines.append(f"{name} = {rng.choice(odd)}")
        return "\n".join(lines).encode()

    def read(self, path: Path) -> None:
        from rnngen.cli.train import _read_settings
        from rnngen.training.request import Request

        Request(paths=("a.txt",), settings=_read_settings({}, path))
