"""Exported chats: what each program writes, and what is left of it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.config import ReadingConfig
from rnngen.corpus import CorpusShard, open_corpus, reopen
from rnngen.corpus.chat import messages
from rnngen.errors import ConfigError, CorpusError

from .texts import joined, whole, write

ANDROID = """\
12/31/23, 9:41\u202fPM - Messages and calls are end-to-end encrypted. Tap to learn more.
12/31/23, 9:41\u202fPM - Ann created group "Party: tonight"
12/31/23, 9:42\u202fPM - Ann: Hello: there
a second line

and a third
12/31/23, 9:43\u202fPM - Bob: <Media omitted>
12/31/23, 9:44\u202fPM - Bob: Hi \U0001f600 <This message was edited>
12/31/23, 9:45\u202fPM - +44 20 7946 0000: me too
12/31/23, 9:46\u202fPM - Bob left
12/31/23, 9:46\u202fPM - Ann: This message was deleted
12/31/23, 9:47\u202fPM - Ann: IMG-2023-WA0001.jpg (file attached)
a caption
"""
SAID = [
    ("Ann", "Hello: there\na second line\nand a third"),
    ("Bob", "Hi \U0001f600"),
    ("+44 20 7946 0000", "me too"),
    ("Ann", "a caption"),
]
TWO = [("Ann", "one"), ("Bob", "two\nlines")]
IOS = """\
[31.12.23, 21:41:05] Party: \u200eMessages and calls are end-to-end encrypted.
[31.12.23, 21:41:05] ~\u00a0Ann: one
\u200e[31.12.23, 21:42:05] Bob: \u200eimage omitted
[31.12.23, 21:43:05] Bob: two
lines \u200e<attached: 0001-PHOTO.jpg>
"""
TELEGRAM = """\
Ann, [31.12.2023 21:41]
one

Bob, [31.12.2023 21:42]
[In reply to Ann]
two

lines
"""
DISCORD = """\
==============================================================
Guild: a guild
Channel: general
==============================================================

[31-Dec-23 09:41 PM] ann#1234
one

{Reactions}
\U0001f44d (2)

[31-Dec-23 09:42 PM] Bob (pinned)
two
lines

{Attachments}
https://cdn.example.org/a.png

==============================================================
Exported 2 message(s)
==============================================================
"""
IRC = """\
--- Log opened Sun Dec 31 21:00:00 2023
21:40 -!- ann [~a@example.org] has joined #chat
21:41 <@ann> one
21:42 < bob> two: lines
21:43 * bob waves
"""
WEECHAT = "2023-12-31 21:40:00\t-->\tann has joined\n2023-12-31 21:41:00\tAnn\tone\n"
LINE = "2023/12/31(日)\n21:41\tAnn\tone\n21:42\tBob\ttwo\nlines\n2024/01/01(月)\n"
SLACK = "Ann  9:41 PM\none\nBob  9:42 PM\ntwo\nlines\n9:43\nthree\n"
ACTIONS = [("ann", "one"), ("bob", "two: lines"), ("bob", "*waves*")]


def said(text: str) -> list[tuple[str, str]]:
    return [tuple(found) for found in messages([text], "x.txt")]


@pytest.mark.parametrize(
    ("chat", "expected"),
    [
        (ANDROID, SAID),
        (IOS, TWO),
        (TELEGRAM, TWO),
        (DISCORD, [("ann", "one"), ("Bob", "two\nlines")]),
        (IRC, ACTIONS),
        (WEECHAT, TWO[:1]),
        (LINE, TWO),
        (SLACK, [*TWO, ("Bob", "three")]),
        ("Ann \u2014 Today at 9:41 PM\none\nBob \u2014 12/31/2023 9:42 PM\ntwo\nlines\n", TWO),
    ],
    ids=["android", "ios", "telegram", "discord", "irc", "weechat", "line", "slack", "copied"],
)
def test_each_export_gives_its_messages(chat: str, expected: list[tuple[str, str]]) -> None:
    assert said(chat) == expected


@pytest.mark.parametrize(
    "stamp",
    [
        *("31.12.23, 21:41 - ", "31/12/2023 21:41 - ", "31/12/23, 9:41 p.\u00a0m. - "),
        *("31/12/2023 \u00e0 21:41 - ", "31.12.2023 um 21:41 - ", "2023-12-31 21:41 - "),
        *("12/31/23, 21:41 - ", "31-12-2023 21:41 - ", "2023/12/31 \u4e0b\u53489:41 - "),
        *("2023/12/31, 21:41 - ", "31.12.2023 kl. 21.41 - ", "31/12/23 21:41 \u2013 "),
        *(
            "2023. 12. 31. \uc624\ud6c4 9:41 - ",
            "\u0663\u0661/\u0661\u0662/\u0662\u0663, \u0669:\u0664\u0661 - ",
        ),
        *("[12/31/23, 9:41:05\u202fPM] ", "[31/12/23 21:41:05] ", "[2023-12-31, 21:41:05] "),
        *("[31.12.23 21:41] ", "[2023/12/31 \u4e0b\u53489:41:05] ", "[31/12/2023, 9:41:05 p.m.] "),
    ],
)
def test_times_of_many_countries_are_known(stamp: str) -> None:
    assert said(f"{stamp}Ann: one\n{stamp}Bob: two\nlines\n") == TWO


@given(st.lists(st.integers(0, len(ANDROID)), max_size=5))
def test_where_pieces_are_cut_makes_no_difference(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(ANDROID)]
    pieces = [ANDROID[i:j] for i, j in pairwise(places)]
    assert [tuple(found) for found in messages(pieces, "x.txt")] == SAID


def test_a_text_that_is_no_chat_is_refused_by_name(tmp_path: Path) -> None:
    prose = "It was 9:41 PM - late: very late.\n- a list: of things\n* an item\n"
    with pytest.raises(CorpusError, match=r"prose\.txt: no chat: .*Leave `clean` out"):
        open_corpus([write(tmp_path, prose.encode(), "prose.txt")], clean="chat")


@pytest.fixture
def chat(tmp_path: Path) -> str:
    return write(tmp_path, ANDROID.encode(), "chat.txt")


def test_a_message_is_a_document_unless_another_is_asked_for(chat: str) -> None:
    corpus = open_corpus([chat], clean="chat")
    assert whole(corpus.pieces()) == [f"{name}: {text}" for name, text in SAID]
    assert corpus.documents == "paragraph"
    assert corpus.notes == ("chat: time stamps, notices and media dropped.",)
    assert corpus.remarks() == [
        "4 messages read. Left out: 2 messages without text, 3 lines that nobody said."
    ]
    stream = open_corpus([chat], clean="chat", documents="none")
    assert joined(stream) == "".join(f"{name}: {text}\n" for name, text in SAID)
    assert len(whole(open_corpus([chat], clean="chat", documents="file").pieces())) == 1


def test_one_speaker_is_kept_without_the_name(chat: str) -> None:
    corpus = open_corpus([chat], clean="chat", speaker="Ann")
    assert whole(corpus.pieces()) == [SAID[0][1], SAID[3][1]]
    again = reopen(corpus.description())
    assert whole(again.pieces()) == whole(corpus.pieces())
    assert again.digest() == corpus.digest() != open_corpus([chat], clean="chat").digest()


def test_an_unknown_speaker_gets_the_names_there_are(chat: str) -> None:
    with pytest.raises(CorpusError) as caught:
        open_corpus([chat], clean="chat", speaker="Anne")
    assert str(caught.value) == (
        "no `speaker` 'Anne' in the chat; those who speak are Ann, Bob, +44 20 7946 0000. "
        "Did you mean Ann?"
    )


def test_settings_that_do_not_go_together_are_refused(chat: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`speaker` Ann needs `clean` chat"):
        ReadingConfig(speaker="Ann")
    with pytest.raises(ConfigError, match="`clean` must be one of chat, got all"):
        ReadingConfig(clean="all")
    page = write(tmp_path, b"<p>x", "x.html")
    with pytest.raises(CorpusError, match=r"x\.html: `clean` chat reads plain text"):
        open_corpus([page], clean="chat")


def test_a_chat_goes_to_one_machine_whole(chat: str) -> None:
    corpus = open_corpus([chat], clean="chat")
    found = [text for i in (1, 2, 3) for text in whole(CorpusShard(corpus, i, 3).pieces())]
    assert found == whole(corpus.pieces())


def test_a_text_that_is_not_cleaned_has_the_description_it_always_had(chat: str) -> None:
    assert not {"clean", "speaker"} & open_corpus([chat]).description().keys()
