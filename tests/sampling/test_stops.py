from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.config import SampleConfig
from rnngen.sampling import graphemes
from rnngen.sampling.stops import StoppingDecoder

FAMILY = "👩\u200d👩\u200d👧"
short = st.text("ab", min_size=1, max_size=4)
stops = st.lists(short, max_size=3).map(tuple)


@st.composite
def chunks(draw, texts):
    """UTF-8 cut into pieces anywhere, within characters too."""
    data = draw(texts).encode()
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=12)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def write(pieces, reason="end", **settings):
    """Streams the pieces: the parts given out, and why the text ended."""
    writer, parts = StoppingDecoder(SampleConfig(**settings)), []
    for piece in pieces:
        parts.append(writer.feed(piece))
        if writer.reason:
            return parts, writer.reason
    return [*parts, writer.finish(reason)], reason


def first_decided(text, *, stop=(), chars=None, min_chars=0):
    """The oracle: reads character by character and cuts at the first one that decides."""
    for n in range(1, len(text) + 1):
        cuts = [n - len(s) for s in stop if text[:n].endswith(s) and n - len(s) >= min_chars]
        cuts += [chars] if chars is not None and n > chars else []
        if cuts:
            return text[: min(cuts)]
    return text


@given(chunks(st.text("abé", max_size=30)), short)
def test_a_text_is_cut_before_the_first_stop_string_however_its_tokens_fall(pieces, stop):
    parts, reason = write(pieces, stop=(stop,))
    text = b"".join(pieces).decode()
    assert "".join(parts) == text.split(stop)[0]
    assert reason == ("stop" if stop in text else "end")


@given(chunks(st.text("abc", max_size=30)), stops, st.integers(1, 20), st.integers(0, 20))
def test_stops_and_character_counts_end_a_text_where_the_first_of_them_is_decided(
    pieces, stop, chars, min_chars
):
    settings = {"stop": stop, "chars": chars, "min_chars": min(chars, min_chars)}
    parts, _ = write(pieces, **settings)
    assert "".join(parts) == first_decided(b"".join(pieces).decode(), **settings)


@given(st.text("ab", max_size=20), stops)
def test_only_the_possible_start_of_a_stop_string_is_held_back(text, stop):
    writer, given_out = StoppingDecoder(SampleConfig(stop=stop)), ""
    for n, char in enumerate(text, 1):
        given_out += writer.feed(char.encode())
        if writer.reason:
            return
        starts = [k for s in stop for k in range(1, len(s)) if text[:n].endswith(s[:k])]
        assert given_out == text[: n - max(starts, default=1)]


@given(chunks(st.text("a \n", max_size=30)))
def test_until_line_ends_with_the_first_line_that_is_not_blank(pieces):
    text = b"".join(pieces).decode()
    blank = len(text) - len(text.lstrip())
    end = text.find("\n", blank)
    parts, reason = write(pieces, until="line")
    assert "".join(parts) == (text if end < 0 else text[:end].rstrip())
    assert reason == ("end" if end < 0 else "until")


@given(chunks(st.text("a \n", max_size=30)))
def test_until_paragraph_ends_with_the_last_line_before_a_blank_one(pieces):
    text = b"".join(pieces).decode()
    lines, begun, kept = text.split("\n"), False, []
    for line in lines[:-1]:  # what follows the last newline may yet get longer
        if begun and not line.strip():
            break
        begun = begun or bool(line.strip())
        kept.append(line)
    else:
        kept = None
    parts, _ = write(pieces, until="paragraph")
    assert "".join(parts) == (text if kept is None else "\n".join(kept).rstrip())


SENTENCES = [
    ("One cat. Two cats.", "One cat."),
    ("no capitals. none at all", "no capitals."),
    ("Stop! Now.", "Stop!"),
    ("A line\nand another.\nA third.", "A line\nand another."),
    ("It is 3.14 today. Yes.", "It is 3.14 today."),
    ("Mr. Smith met J. R. Ewing. They spoke.", "Mr. Smith met J. R. Ewing."),
    ("It was I. You know.", "It was I."),
    ('"Why?" he asked. She left.', '"Why?" he asked.'),
    ('"Go." She left.', '"Go."'),
    ("Well... perhaps. No.", "Well... perhaps."),
    ("Well... Perhaps. No.", "Well..."),
    ("“Ja!” „Nein!“", "“Ja!”"),
    ("雨が降る。風が吹く。", "雨が降る。"),
    ("「何\uff1f」と言う。終", "「何\uff1f」"),
    ("What?! No.", "What?!"),
    ("no end", "no end"),
    ("the end.", "the end."),
]


@pytest.mark.parametrize(("text", "sentence"), SENTENCES)
def test_until_sentence_ends_with_the_first_sentence(text, sentence):
    for size in (1, 2, 3, 5, 100):
        data = text.encode()
        pieces = [data[n : n + size] for n in range(0, len(data), size)]
        assert "".join(write(pieces, until="sentence")[0]) == sentence


texts_of_sentences = st.text("aB.!\"' \n。」…", max_size=40)


@given(chunks(texts_of_sentences), st.integers(0, 10), st.sampled_from(["sentence", "line"]))
def test_pieces_do_not_change_where_a_text_ends(pieces, min_chars, until):
    settings = {"until": until, "min_chars": min_chars, "stop": ("a.B",), "chars": 30}
    single, reason = write([c.encode() for c in b"".join(pieces).decode()], **settings)
    parts, other = write(pieces, **settings)
    assert ("".join(parts), other) == ("".join(single), reason)


@given(chunks(texts_of_sentences), st.integers(0, 10))
def test_no_rule_ends_a_text_before_min_chars(pieces, min_chars):
    parts, reason = write(pieces, until="sentence", stop=("a", "B"), min_chars=min_chars)
    assert reason == "end" or len("".join(parts)) >= min_chars


@given(chunks(st.text("aé字😀e\u0301", max_size=20)), st.integers(0, 40))
def test_half_a_character_is_never_given_out(pieces, keep):
    text = b"".join(pieces).decode()
    parts, _ = write(pieces[:keep], reason="length")
    assert text.startswith("".join(parts))


emoji = st.lists(st.sampled_from([FAMILY, "a", "e\u0301", "🇫🇷", "❤\ufe0f", "👍🏽", "\r\n"]))


@given(emoji, st.integers(1, 20))
def test_chars_never_cuts_within_what_a_reader_sees_as_one_character(clusters, chars):
    text = "".join(clusters)
    whole = max(n for n in range(len(clusters) + 1) if len("".join(clusters[:n])) <= chars)
    parts, reason = write([c.encode() for c in text], chars=chars)
    expected = "".join(clusters[:whole]) or text[:chars]  # one that is too long by itself is cut
    assert ("".join(parts), reason) == (expected, "chars" if len(text) > chars else "end")


@pytest.mark.parametrize(
    ("text", "whole"),
    [(FAMILY[:2], "👩"), ("a🇫", "a"), ("🇫🇷🇩", "🇫🇷"), ("🇫🇷", "🇫🇷"), (FAMILY, FAMILY)],
)
def test_length_drops_the_loose_part_of_an_emoji(text, whole):
    assert "".join(write([c.encode() for c in text], reason="length")[0]) == whole


@given(emoji)
def test_grapheme_starts_are_where_they_were_put_together(clusters):
    text = "".join(clusters)
    starts = {len("".join(clusters[:n])) for n in range(len(clusters))}
    joined = {at for at in range(1, len(text)) if graphemes.joins(text, at)}
    assert joined == set(range(1, len(text))) - starts
    assert graphemes.last_start(text) == max(starts, default=0)


def test_characters_counts_what_was_drawn_and_not_what_is_left():
    writer = StoppingDecoder(SampleConfig(stop=("END",)))
    assert [writer.feed(piece) for piece in (b"be", b"st E", b"ND.")] == ["b", "est ", ""]
    assert (writer.reason, writer.characters) == ("stop", 9)
