"""How much of a text is held out, whatever the sizes of its documents."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.dataset import batches, held_out
from rnngen.dataset.held_out import Draw, Tail, held_out_of

# The document of a number is `size` tokens; its hash is that of its content, as in a store.


def store_of(sizes: list[int], names: list[int] | None = None) -> SimpleNamespace:
    """A token store of documents of these sizes; those of one name and size are equal."""
    names = names or list(range(len(sizes)))
    documents = [f"{name} {size}".encode() for name, size in zip(names, sizes, strict=True)]
    hashes = [hashlib.blake2b(text, digest_size=8).digest() for text in documents]
    tokens = np.repeat(np.arange(len(sizes)), sizes)
    return SimpleNamespace(
        documents="line",
        num_tokens=sum(sizes),
        offsets=np.cumsum([0, *sizes]).astype(np.uint64),
        hashes=np.frombuffer(b"".join(hashes), np.uint64),
        read=lambda start, stop: tokens[start:stop],
    )


def split(store: SimpleNamespace, fraction: float = 0.1) -> tuple[batches.Split, batches.Split]:
    return batches.split(store, fraction, held_out_of(store, fraction))


def tokens_of(side: batches.Split) -> list[int]:
    return side.in_order().read(0, side.num_tokens).tolist()


def usual_sides(store: SimpleNamespace, fraction: float = 0.1) -> tuple[list[int], list[int]]:
    """As version 0.1 parted documents: a tenth of all hashes, or the least one of all."""
    bound = max(int(store.hashes.min()), int(fraction * 2**64) - 1)
    parts: tuple[list[int], list[int]] = ([], [])
    for number, hash in enumerate(store.hashes.tolist()):
        size = int(store.offsets[number + 1] - store.offsets[number])
        parts[hash <= bound].extend([number] * size)
    return parts


sizes = st.one_of(
    st.lists(st.integers(1, 1000), min_size=2, max_size=60),
    st.lists(st.sampled_from([1, 2, 5, 300, 5000]), min_size=2, max_size=60),
)


@settings(max_examples=300)
@given(sizes=sizes)
def test_never_more_than_a_fifth_is_held_out_and_never_nearly_nothing(sizes: list[int]) -> None:
    store = store_of(sizes)
    training, validation = split(store)
    total = sum(sizes)
    assert training.num_tokens + validation.num_tokens == total
    assert sorted(tokens_of(training) + tokens_of(validation)) == store.read(0, total).tolist()
    assert 1 <= validation.num_tokens <= max(1, total / 5)
    found = held_out_of(store, 0.1)
    if not (isinstance(found, Draw) and not found.reason):  # not the usual draw
        assert validation.num_tokens >= min(total / 20, max(sizes) // 2)


@given(count=st.integers(30, 300), size=st.integers(1, 50), data=st.data())
def test_documents_of_similar_size_are_parted_as_they_always_were(
    count: int, size: int, data: st.DataObject
) -> None:
    sizes = data.draw(st.lists(st.integers(size, 2 * size), min_size=count, max_size=count))
    store = store_of(sizes, [data.draw(st.integers(0, 10**6)) + n for n in range(count)])
    usual = usual_sides(store)
    if len(usual[1]) <= sum(sizes) / 5:
        assert held_out_of(store, 0.1) == held_out.usual_draw(store, 0.1)
        assert tuple(map(tokens_of, split(store))) == usual


def test_where_one_document_is_most_of_the_text_its_end_is_held_out() -> None:
    for place in range(9):
        sizes = [450] * 9
        sizes[place] = 46_000
        store = store_of(sizes)
        found = held_out_of(store, 0.1)
        assert isinstance(found, Tail)
        assert found.reason == (
            "one document is 93% of the text, so its last 4,960 tokens are held out, and no other."
        )
        training, validation = split(store)
        assert tokens_of(validation) == [place] * 4960
        before = [n for n in range(place) for _ in range(450)]
        after = [n for n in range(place + 1, 9) for _ in range(450)]
        assert tokens_of(training) == [*before, *[place] * (46_000 - 4960), *after]


@pytest.mark.parametrize("seed", range(20))
def test_a_few_long_documents_among_many_short_ones_are_never_held_out(seed: int) -> None:
    sizes = [100] * 200 + [9000, 12_000, 15_000]
    store = store_of(sizes, [seed * 1000 + n for n in range(203)])
    _, validation = split(store)
    held = set(tokens_of(validation))
    assert 0.05 <= validation.num_tokens / sum(sizes) <= 0.2
    assert not held & {200, 201, 202} or held_out_of(store, 0.1) == held_out.usual_draw(store, 0.1)


def test_copies_of_the_longest_document_keep_their_ends_from_training() -> None:
    store = store_of([4000, 50, 4000, 60], names=[7, 1, 7, 2])
    training, validation = split(store)
    assert tokens_of(validation) == [0] * 406 + [2] * 406 or validation.num_tokens == 810
    assert tokens_of(training).count(0) == tokens_of(training).count(2)


@settings(max_examples=100)
@given(sizes=sizes, copies=st.lists(st.integers(0, 3), min_size=60, max_size=60))
def test_equal_documents_never_part(sizes: list[int], copies: list[int]) -> None:
    sizes = [1 + size % 7 * 100 for size in sizes]
    store = store_of(sizes, copies[: len(sizes)])
    found = held_out_of(store, 0.1)
    if isinstance(found, Draw):
        training, validation = split(store)
        hashes = store.hashes.tolist()
        held = {hashes[n] for n in tokens_of(validation)}
        assert not held & {hashes[n] for n in tokens_of(training)}


@pytest.mark.parametrize("documents", [[100], [30, 30, 30]])
def test_copies_of_one_document_are_parted_as_a_stream(documents: list[int]) -> None:
    store = store_of(documents, [0] * len(documents))
    assert held_out_of(store, 0.1) is None
    assert split(store)[1].num_tokens == sum(documents) // 10


def test_the_shipped_corpora_are_parted_as_they_always_were(corpora) -> None:
    for name, separator in (("haiku", "\n\n"), ("posts", "\n"), ("lyrics", "\n\n\n")):
        texts = (corpora / f"{name}.txt").read_text(encoding="utf-8").split(separator)
        texts = [text.strip("\n") for text in texts if text.strip()]
        store = store_of(
            [len(text) + 1 for text in texts], [hash(t) % 10**9 for t in range(len(texts))]
        )
        assert held_out_of(store, 0.1) == held_out.usual_draw(store, 0.1)


@given(sizes=sizes, most=st.integers(1, 9))
def test_it_does_not_depend_on_how_many_documents_are_looked_at_at_once(
    sizes: list[int], most: int
) -> None:
    store = store_of(sizes)
    whole = held_out_of(store, 0.1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(held_out, "AT_ONCE", most)
        assert held_out_of(store, 0.1) == whole


def test_of_a_larger_share_asked_for_more_is_held_out() -> None:
    store = store_of([100, 100, 100, 2000])
    assert split(store, 0.5)[1].num_tokens == pytest.approx(1000, abs=200)
