"""Training that begins with a trained model."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import rnngen
from rnngen import checkpoint, runs
from rnngen.config import TextConfig
from rnngen.tokenizers.byte import ByteTokenizer
from rnngen.tokenizers.char import CharTokenizer
from rnngen.tokenizers.labelled import LabelledTokenizer
from rnngen.training.events import Evaluation
from rnngen.training.finetune import initial_weights
from rnngen.training.plan import Plan, Pretrained, new_plan
from rnngen.training.run import train
from tests.models import labelled_model, small_model
from tests.precision import PRECISION

ENGLISH = "the cat sat on the mat\nthe dog sat on the log\n\n" * 40
MORE = "the café opened and the señor sat on the mât\n\n" * 40
SMALL = {"hidden_size": 16, "embedding_dim": 16, "num_layers": 2, "batch_size": 4, "seq_len": 16}
SMALL |= {"ngrams": 3, "ngram_buckets": 50, "ngram_dim": 4}
HERE = {"device": "cpu", "precision": PRECISION}


@pytest.fixture
def base(tmp_path: Path) -> Pretrained:
    """A model of ENGLISH, briefly trained."""
    plan = made(tmp_path, ENGLISH, "base", {"steps": 40, **SMALL})
    list(train(plan))
    return Pretrained("base", checkpoint.load_model(plan.folder / runs.MODEL_FILE))


def made(home: Path, text: str, name: str, given: dict, start: Pretrained | None = None) -> Plan:
    file = home / f"{name}.txt"
    file.write_text(text, encoding="utf-8")
    plan, _ = new_plan(
        TextConfig(paths=[str(file)]), home / name, {**HERE, **given}, pretrained=start
    )
    plan.folder.mkdir(exist_ok=True)
    return plan


@pytest.mark.parametrize("tie_weights", [False, True])
def test_new_tokens_change_nothing_for_the_old_ones(tie_weights):
    model = small_model(tie_weights=tie_weights)
    weights = initial_weights(model, LabelledTokenizer(ByteTokenizer(), ["a", "b", "c"]))
    for name, array in model.weights.items():
        assert (weights[name][: len(array)] == array).all()
    assert weights["embedding.weight"].shape == (260, 8)
    assert weights["output.bias"][257:] == pytest.approx(model.weights["output.bias"].min())
    same = initial_weights(model, ByteTokenizer())
    assert all((same[name] == array).all() for name, array in model.weights.items())
    same["output.bias"][0] += 1
    assert same["output.bias"][0] != model.weights["output.bias"][0]


def test_labels_keep_their_weights_when_the_text_gets_new_tokens():
    """tokens   257 of the model | é of the text | x of the model | y of the text"""
    model = labelled_model("x")
    larger = LabelledTokenizer(CharTokenizer(np.array([0xE9], np.uint32), np.ones(258, bool)), "xy")
    weights = initial_weights(model, larger)
    for name in ("embedding.weight", "output.weight", "output.bias"):
        old, new = model.weights[name], weights[name]
        assert len(new) == 260
        assert (new[:257] == old[:257]).all()
        assert (new[258] == old[257]).all()
    mean = model.weights["embedding.weight"].mean(axis=0)
    assert weights["embedding.weight"][[257, 259]] == pytest.approx(np.stack([mean, mean]))


def test_it_begins_where_the_model_ended(tmp_path: Path, base: Pretrained):
    """With a rate of next to nothing the loss stays the one the model had."""
    given = {"steps": 1, "learning_rate": 1e-12, "weight_decay": 0.0, "batch_size": 4}
    plan = made(tmp_path, ENGLISH, "again", given, base)
    [evaluation] = [e for e in train(plan) if isinstance(e, Evaluation)]
    assert evaluation.valid_nats_per_token == pytest.approx(
        base.model.facts["metrics"]["best_valid_nats_per_token"], abs=1e-5
    )


def test_new_characters_are_learned_as_tokens_and_old_ids_stay(tmp_path: Path, base: Pretrained):
    plan = made(tmp_path, MORE, "more", {"steps": 150, "learning_rate": 1e-2}, base)
    before, after = base.model.tokenizer, plan.tokenizer
    assert after.vocab_size == before.vocab_size + 3 == plan.model.vocab_size
    assert (after.encode(ENGLISH) == before.encode(ENGLISH)).all()
    assert len(after.encode("éñâ")) == 3
    losses = [e.valid_nats_per_token for e in train(plan) if isinstance(e, Evaluation)]
    assert losses[-1] < 0.5 * math.log(after.vocab_size)
    model = rnngen.load(plan.folder)
    assert model.facts["init_from"] == "base"
    assert model.unseen("éñâ the") == []
    assert "é" in "".join(text.text for text in model.sample(n=20, length=60))


def test_a_resumed_fine_tuning_equals_an_unbroken_one(tmp_path: Path, base: Pretrained):
    given = {"steps": 12, "evaluations": 2, "dropout": 0.2}
    whole = made(tmp_path, MORE, "whole", given, base)
    list(train(whole))
    stopped = made(tmp_path, MORE, "parts", given, base)
    steps = iter(range(100))
    list(train(stopped, should_stop=lambda: next(steps) == 6))
    from rnngen.training.plan import resumed_plan

    list(train(resumed_plan(stopped.folder), resume=True))
    first = checkpoint.load_model(whole.folder / runs.MODEL_FILE)
    second = checkpoint.load_model(stopped.folder / runs.MODEL_FILE)
    assert all((second.weights[name] == array).all() for name, array in first.weights.items())
    assert second.facts["init_from"] == "base"


def test_subword_models_spell_new_characters_in_bytes(tmp_path: Path):
    file = tmp_path / "base.txt"
    file.write_text(ENGLISH, encoding="utf-8")
    text = TextConfig(paths=[str(file)], tokenizer="subword", vocab_size=320)
    plan, _ = new_plan(text, tmp_path / "base", {**HERE, "steps": 5, **SMALL})
    plan.folder.mkdir()
    list(train(plan))
    start = Pretrained("base", checkpoint.load_model(plan.folder / runs.MODEL_FILE))
    tuned = made(tmp_path, MORE, "tuned", {"steps": 5}, start)
    assert tuned.tokenizer.vocab_size == start.model.tokenizer.vocab_size
    assert start.model.tokenizer.unseen("é") == ["é"]
    assert tuned.tokenizer.seen[tuned.tokenizer.encode(MORE)].all()
    list(train(tuned))
