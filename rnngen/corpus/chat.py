"""Exported chats to what was said: `Ann: text`, a message after the other, without time stamps.

Of each file the layout is found that most of its beginning is in:

    12/31/23, 9:41 PM - Ann: text       WhatsApp on Android
    [31.12.23, 21:41:05] Ann: text      WhatsApp on iOS
    Ann, [31.12.2023 21:41]             Telegram, copied: the text follows
    [31-Dec-23 09:41 PM] ann            Discord, exported; `Ann — Today at 9:41 PM` if copied
    Ann  9:41 PM                        Slack, copied
    [21:41] <ann> text                  IRC, with or without time
    21:41<tab>Ann<tab>text              LINE, WeeChat
    [Ann] [9:41 PM] text                KakaoTalk

A line that none of them begins belongs to the message before. Dropped are lines with a time but no
speaker (who joined, who left), and what stands for media, calls and deleted messages.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from rnngen.corpus.lines import lines_of
from rnngen.errors import CorpusError
from rnngen.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rnngen.corpus.tally import Tally

ENOUGH_LINES = 2000
"""Lines by which the layout is found."""
LEAST_SHARE = 0.02
"""Of these, that begin a message: in a text that is no chat a line may look so by chance."""
MOST_LISTED = 20
"""Speakers that a message names."""
DATE = (
    r"(?:\d{1,4}\s?[./\-\u5e74\ub144]\s?(?:\d{1,2}|[^\W\d_]{3,9}\.?)\s?[./\-\u6708\uc6d4]\s?\d{1,4}"
    r"[.\u65e5\uc77c]?|\d{1,2}\.? [^\W\d_]{3,9}\.? \d{4}|[^\W\d_]{3} +\d{1,2})"
)
HALF = r"(?:[AaPp]\.?\s?[Mm]\.?|[^\W\d_]{2,4}\.?)"
"""Of a day: it may stand on either side of the time."""
TIME = rf"(?:{HALF}\s?)?\d{{1,2}}[:.h]\d\d(?:[:.]\d\d)?(?:\s?{HALF})?"
STAMP = rf"{DATE},?\s(?:[^\W\d_]{{1,5}}\.?\s){{0,2}}{TIME}"
NAME = r"(?P<name>[^:\"\u201c\u201d\u00ab\u201e]{1,80}?)"
MARKS = "\u200e\u200f\u202a\u202b\u202c\u2068\u2069\ufeff"
"""Characters without width that say in which direction text runs."""
NOTICE = "\u200e"
"""What WhatsApp on iOS puts before what nobody said."""


@dataclass(frozen=True)
class _ChatLayout:
    """How the messages of a chat begin."""

    message: re.Pattern[str]
    """The first line of a message: its `name`, and its `text` unless that follows."""
    other: re.Pattern[str]
    """A line that ends a message and begins none, unless it is a message."""
    keeps_speaker: bool = False
    """After such a line the same person says something else; else nobody speaks."""


def _layout(message: str, other: str, *, keeps_speaker: bool = False) -> _ChatLayout:
    return _ChatLayout(re.compile(message), re.compile(other), keeps_speaker)


CLOCK = rf"(?:\[?(?:{DATE}[ T,]+)?{TIME}\]?\s+)"
LAYOUTS = (
    _layout(rf"{STAMP}\s[-\u2013]\s{NAME}:(?:\s(?P<text>.*))?$", rf"{STAMP}\s[-\u2013]\s"),
    _layout(rf"\[{STAMP}\]\s{NAME}:(?:\s(?P<text>.*))?$", rf"\[{STAMP}\]"),
    _layout(rf"{STAMP},\s{NAME}\s:\s(?P<text>.*)$", rf"{STAMP}|{DATE}"),
    _layout(rf"\[{NAME}\]\s\[{TIME}\]\s(?P<text>.*)$", r"-{5,}.*-{5,}$"),
    _layout(
        rf"(?:{CLOCK}?<[@+%&~!\s]?(?P<name>[^<>\s]{{1,40}})>\s"
        rf"|{CLOCK}\*\s(?P<actor>[^\s*]{{1,40}})\s)(?P<text>.*)$",
        "",  # no message goes on in the next line
    ),
    _layout(rf"(?:{DATE}\s)?{TIME}\t(?P<name>[^\t]*)\t(?P<text>.*)$", rf"{DATE}|{TIME}\t"),
    _layout(
        rf"(?P<name>.{{1,80}}?), \[{STAMP}\]:?$",
        r"\[(?:In reply to|Forwarded from) .*\]$",
        keeps_speaker=True,
    ),
    _layout(rf"\[{STAMP}\]\s(?P<name>[^:]{{1,80}}?)(?: \(pinned\))?$", r"\{[A-Z]\w+\}$|={5,}"),
    _layout(rf"(?P<name>.{{1,80}}?) \u2014 (?:.{{0,20}}\s)?{TIME}$", "$^"),
    _layout(
        rf"(?:>\s)?(?P<name>\S.{{0,79}}?)(?:\s{{2,}}(?:APP\s+)?\[?{TIME}\]?"
        rf"|\s\[{TIME}\]|\s\[\w+\]\s@\s{STAMP}.*:)$",
        rf"\s*\[?{TIME}\]?$",
        keeps_speaker=True,
    ),
)
IRC_SYSTEM = ("-->", "<--", "--", "*", "-!-", "***")
"""Names that stand for nobody."""
ATTACHED = re.compile(
    r"[\w.()~-]{1,100}\.(?:jpe?g|png|gif|webp|mp[34]|3gp|mov|opus|ogg|m4a|aac|pdf|vcf|docx?|xlsx?"
    r"|pptx?|zip)(?: \([^()]*\))?",
    re.IGNORECASE,
)
BRACKETED = re.compile(r"<[^<>]{3,60}>")
"""Media that were not exported, in any language: `<Media omitted>`."""
BEHIND = re.compile(
    r"\s*<(?:[^<>:]{3,20}: [\w .()-]+\.\w{2,5}"  # <attached: photo.jpg>
    r"|This message was edited|Diese Nachricht wurde bearbeitet"
    r"|Ce message a \u00e9t\u00e9 modifi\u00e9|Se edit\u00f3 este mensaje"
    r"|Questo messaggio \u00e8 stato modificato"
    r"|Mensagem editada|Dit bericht is bewerkt)\.?>$"
)
NO_MARKS = dict.fromkeys(map(ord, MARKS))
INSTEAD = frozenset(
    (
        *("this message was deleted", "you deleted this message", "null", "missed voice call"),
        *("missed video call", "waiting for this message. this may take a while"),
        *("image omitted", "video omitted", "audio omitted", "sticker omitted", "gif omitted"),
        *(
            "document omitted",
            "contact card omitted",
            "messages and calls are end-to-end encrypted",
        ),
        *("diese nachricht wurde gel\u00f6scht", "du hast diese nachricht gel\u00f6scht"),
        *("ce message a \u00e9t\u00e9 supprim\u00e9", "vous avez supprim\u00e9 ce message"),
        *("se elimin\u00f3 este mensaje", "eliminaste este mensaje"),
        *("questo messaggio \u00e8 stato eliminato", "hai eliminato questo messaggio"),
        *("mensagem apagada", "esta mensagem foi apagada", "voc\u00ea apagou esta mensagem"),
        *("dit bericht is verwijderd", "u hebt dit bericht verwijderd"),
    )
)
"""What stands for a message, in small letters and without the last stop."""


class Message(NamedTuple):
    """What somebody said."""

    speaker: str
    text: str


def messages(pieces: Iterable[str], name: str, tally: Tally | None = None) -> Iterator[Message]:
    """The messages of a chat, in order.

    tally: where messages and other lines are counted.
    Raises CorpusError, with `name`, for a text in which no line begins a message.
    """
    lines = (line.lstrip(MARKS) if line[:1] in MARKS else line for line in lines_of(pieces))
    first = [line for line, _ in zip(lines, range(ENOUGH_LINES), strict=False)]
    layout = _find_layout(first)
    if layout is None:
        if not "".join(first).strip():
            return
        raise CorpusError(
            f"{name}: no chat: no line begins as in an export of WhatsApp, Telegram, Discord, "
            "Slack or IRC. Leave `clean` out to read it as it is."
        )
    yield from _divide(chain(first, lines), layout, tally)


def read_chat(
    pieces: Iterable[str], name: str, tally: Tally, *, speaker: str | None, gap: str
) -> Iterator[str]:
    """The text of a chat: `Ann: text` and a gap for each message, only text if of one `speaker`."""
    for found in messages(pieces, name, tally):
        if speaker is None:
            yield f"{found.speaker}: {found.text}{gap}"
        elif found.speaker == speaker:
            yield found.text + gap


def check_speaker(chats: Iterable[Iterable[Message]], speaker: str) -> None:
    """Raises CorpusError unless `speaker` says something in the chats."""
    said = Counter[str]()
    for found in chain.from_iterable(chats):
        if found.speaker == speaker:
            return
        said[found.speaker] += 1
    listed = [name for name, _ in said.most_common(MOST_LISTED)]
    more = f" and {len(said) - MOST_LISTED} more" if len(said) > MOST_LISTED else ""
    raise CorpusError(
        f"no `speaker` {speaker!r} in the chat; those who speak are {', '.join(listed)}{more}."
        + did_you_mean(speaker, said)
    )


def _find_layout(lines: list[str]) -> _ChatLayout | None:
    """The layout that most lines begin a message in, None if none does."""
    counts = [sum(layout.message.match(line) is not None for line in lines) for layout in LAYOUTS]
    most = max(counts)
    is_chat = most > LEAST_SHARE * sum(bool(line.strip()) for line in lines)
    return LAYOUTS[counts.index(most)] if is_chat else None


def _divide(lines: Iterable[str], layout: _ChatLayout, tally: Tally | None) -> Iterator[Message]:
    speaker = ""  # "": nobody's lines
    held: list[str] = []
    for line in lines:
        begins = layout.message.match(line)
        if begins is None and not layout.other.match(line):
            held.append(line)
            continue
        yield from _finish(speaker, held, tally)
        held = []
        if begins is not None:
            speaker, text = _begin(begins.groupdict())
            held = [text] if text else []
        elif not layout.keeps_speaker:
            speaker = ""
            if tally is not None and line.strip():
                tally.other_lines += 1
    yield from _finish(speaker, held, tally)


def _begin(found: dict[str, str | None]) -> tuple[str, str]:
    """Who speaks, "" for nobody, and the first line."""
    text = found.get("text") or ""
    if text.startswith(NOTICE):
        return "", text
    if actor := found.get("actor"):
        return _clean_name(actor), f"*{text}*"
    name = _clean_name(found["name"] or "")
    return "" if name in IRC_SYSTEM else name, text


def _clean_name(name: str) -> str:
    """Without what marks a number that is no contact, and without Discord's figures."""
    return re.sub(r"#\d{4}$", "", _clean(name).strip().lstrip("~").strip())


def _clean(text: str) -> str:
    """Without marks of direction, and without what is said of a message behind it."""
    plain = text if text.isascii() else text.translate(NO_MARKS)
    return BEHIND.sub("", plain).rstrip()


def _finish(speaker: str, lines: list[str], tally: Tally | None) -> Iterator[Message]:
    kept = [text for line in lines if (text := _clean(line)) and _is_said(text)]
    if tally is not None:
        tally.other_lines += sum(bool(line.strip()) for line in lines) if not speaker else 0
        tally.messages += bool(speaker and kept)
        tally.silent_messages += bool(speaker and not kept)
    if speaker and kept:
        yield Message(speaker, "\n".join(kept))


def _is_said(line: str) -> bool:
    line = line.strip()
    instead = line.lower().rstrip(".") in INSTEAD
    return not (instead or BRACKETED.fullmatch(line) or ATTACHED.fullmatch(line))
