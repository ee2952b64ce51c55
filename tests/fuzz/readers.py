"""The readers of models, states, tokens and tokenizers."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen import api, checkpoint, inspection, novelty, runs, tensor_file, tokenizers
from rnngen.config import TextConfig
from rnngen.dataset import cache
from rnngen.forms.language import lexicon
from rnngen.runs.header import peek
from rnngen.tokenizers.base import decode
from rnngen.tokenizers.subword import SubwordTokenizer
from rnngen.tokenizers.subword_model import SubwordModel, read_subword_model
from tests.fuzz.base import TEXT, Reader
from tests.fuzz.cases import composed, with_odd_values
from tests.fuzz.written import odd_file, odd_tensors, written
from tests.models import small_model
from tests.tokenizers.corpora import HARD, PROSE, MemoryCorpus

if TYPE_CHECKING:
    from random import Random


def subword_tokenizer(kind: str = "bpe") -> Any:
    corpus = MemoryCorpus([PROSE, "".join(HARD)])
    return tokenizers.train("subword", corpus, vocab_size=300, model_type=kind)


class ModelReader(Reader):
    """A checkpoint: listed, checked, loaded, described, sampled from, with and without a form."""

    suffix = ".safetensors"

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self._parts = []
        subword = subword_tokenizer()
        whole: dict[str, Any] = {
            "novelty": novelty.build(MemoryCorpus([TEXT])),
            "lexicon": lexicon.build([TEXT]).to_tensors(),
        }
        models = [
            dataclasses.replace(small_model(), **whole),
            dataclasses.replace(small_model(cell="gru", ngrams=1), storage="int8", **whole),
            dataclasses.replace(small_model(vocab_size=subword.vocab_size), tokenizer=subword),
        ]
        for model in models:
            model.facts["preset"] = {"temperature": 0.7}
            checkpoint.save_model(place / "seed", model)
            self._parts.append(tensor_file.load_tensors(place / "seed", "model"))
        self.seeds = [written(*parts) for parts in self._parts]

    def structured(self, rng: Random) -> bytes:
        return odd_file(*rng.choice(self._parts), "model", rng)

    def read(self, path: Path) -> None:
        facts, _ = peek(path)
        json.dumps(facts)
        report = inspection.inspect_file(path)
        json.dumps(report.to_dict())
        stored = checkpoint.load_model(path)
        json.dumps(checkpoint.describe(path, stored))
        model = api.load(path)
        for text in model.sample("pond", length=3, seed=1):
            assert isinstance(text.text, str)
        if report.kind == "model" and stored.lexicon:
            model.write_form("haiku", particles=2, novel=30)


class StateReader(Reader):
    """A training state: recovered, checked, planned anew with its text, and given to a learner."""

    suffix = ".safetensors"

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self._text = place / "text.txt"
        self._text.write_text(TEXT * 20)
        self._parts = []
        for number, cell in enumerate(("lstm", "gru")):
            settings = {"cell": cell, "steps": 2, "hidden_size": 3, "embedding_dim": 3}
            settings |= {"num_layers": 1, "ngrams": 2, "ngram_buckets": 9, "ngram_dim": 2}
            settings |= {"batch_size": 2, "seq_len": 8, "device": "cpu", "precision": "fp32"}
            folder = place / f"seed{number}"
            deque(api.train(str(self._text), output=folder, **settings), maxlen=0)
            self._parts.append(tensor_file.load_tensors(folder / runs.TRAINING_FILE, "training"))
        self.seeds = [written(*parts, "training") for parts in self._parts]
        self._folder = place / "run"
        self._folder.mkdir()

    def structured(self, rng: Random) -> bytes:
        return odd_file(*rng.choice(self._parts), "training", rng)

    def read(self, path: Path) -> None:
        from rnngen.training.learner import Learner
        from rnngen.training.plan import resumed_plan
        from rnngen.training.state import load_state, recover

        shutil.copyfile(path, self._folder / runs.TRAINING_FILE)
        recover(self._folder)
        inspection.inspect_file(self._folder / runs.TRAINING_FILE)
        plan = resumed_plan(
            self._folder, home=self.place, named=[str(self._text)], is_named_only=True
        )
        start = checkpoint.start_id(plan.tokenizer, plan.continuous)
        load_state(plan, Learner(plan.model, plan.config, counts=plan.counts, start_id=start))


class SubwordReader(Reader):
    """A subword model: read, written, given to sentencepiece, and used on hard texts."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self.seeds = [
            subword_tokenizer(kind).tensors()["model"].tobytes() for kind in ("bpe", "unigram")
        ]
        self._text = PROSE[:200] + "".join(HARD)

    def structured(self, rng: Random) -> bytes:
        """A file that is right as Protocol Buffers are, of pieces and settings of any kind."""
        model = read_subword_model(rng.choice(self.seeds))
        pieces, scores = list(model.pieces), model.scores.tolist()
        for _ in range(rng.choice((1, 3, 40))):
            at = rng.randrange(len(pieces))
            if rng.random() < 0.3:
                del pieces[at : at + 1]
                del scores[at : at + 1]
                pieces, scores = pieces or ["a"], scores or [0.0]
            else:
                pieces.insert(at, composed([*HARD, "\u2581", "ab", "\u0301"], rng)[:70])
                scores.insert(at, rng.choice((0.0, -0.0, -1e6, 1e6, 1e-45, -7.5, np.nan, np.inf)))
        unique = dict(zip(pieces, scores, strict=True))
        training = list(model.training)
        if rng.random() < 0.2:
            at = rng.randrange(len(training))
            training[at] = training[at]._replace(number=rng.randrange(60))
        return SubwordModel(
            rng.choice(("bpe", "unigram")),
            tuple(unique),
            np.array(list(unique.values()), np.float32),
            tuple(training),
        ).to_bytes()

    def read(self, path: Path) -> None:
        content = path.read_bytes()
        tokenizer = SubwordTokenizer(content)
        assert tokenizer.tensors()["model"].tobytes() == content
        assert decode(tokenizer, tokenizer.encode(self._text).tolist()) == self._text


class KeptReader(Reader):
    """What is kept of a text: whatever stands there, the tokens are those of the text."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        (place / "text.txt").write_text(TEXT * 9)
        self._text = TextConfig(paths=[str(place / "text.txt")])
        self._expected = self._tokens()
        self._folder = next((place / "home" / ".tokens").glob("store-*"))
        self._file = next((place / "home" / ".tokens").glob("tokenizer-*"))
        self._whole = {file: file.read_bytes() for file in self._folder.iterdir()}
        self._whole[self._file] = self._file.read_bytes()

    def _tokens(self) -> list[int]:
        _, _, store = cache.tokenize(self._text, self.place / "home")
        return store.read(0, store.num_tokens).tolist()

    def _read_instead(self, instead: dict[Path, bytes]) -> None:
        self._folder.mkdir(exist_ok=True)
        for file, content in {**self._whole, **instead}.items():
            if content != (file.read_bytes() if file.is_file() else None):
                file.write_bytes(content)
        assert self._tokens() == self._expected


class StoreReader(KeptReader):
    """A token store; the case is `store.json`, a NUL, and bytes that are changed in the others."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self._others = [file for file in sorted(self._whole) if file.suffix == ".bin"]
        facts = self._whole[self._folder / "store.json"]
        self.seeds = [facts + b"\0", facts + b"\0" + bytes(range(1, 9)), facts.replace(b"\n", b"")]

    def structured(self, rng: Random) -> bytes:
        from rnngen.dataset.facts import _digest

        values = json.loads(self._whole[self._folder / "store.json"])
        del values["digest"]
        values = with_odd_values(values, rng)
        if isinstance(values, dict):
            values["digest"] = _digest(values)
        return json.dumps(values).encode() + b"\0" + rng.randbytes(rng.choice((0, 1, 3)))

    def read(self, path: Path) -> None:
        facts, _, changes = path.read_bytes().partition(b"\0")
        instead = {self._folder / "store.json": facts}
        for number, byte in enumerate(changes[:4]):
            file = self._others[byte % len(self._others)]
            content = bytearray(instead.get(file, self._whole[file]))
            content[(byte + number) % len(content)] ^= byte or 1
            instead[file] = bytes(content[: -byte % 5 or None])
        if self._would_be_the_same(instead):
            return
        self._read_instead(instead)

    def _would_be_the_same(self, instead: dict[Path, bytes]) -> bool:
        return all(self._whole[file] == content for file, content in instead.items())


class TokenizerReader(KeptReader):
    """A tokenizer that is kept."""

    suffix = ".safetensors"

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self._parts = tensor_file.load_tensors(self._file, "tokenizer")
        self.seeds = [self._whole[self._file]]

    def structured(self, rng: Random) -> bytes:
        tensors, facts = self._parts
        if rng.random() < 0.5:
            # The numbers stay: which characters were seen is not known from the file alone.
            tensors = {n: a for n, a in odd_tensors(tensors, rng).items() if n != "seen"}
        return written(tensors, with_odd_values(facts, rng), "tokenizer")

    def read(self, path: Path) -> None:
        self._read_instead({self._file: path.read_bytes()})
