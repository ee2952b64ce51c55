"""EPUB books for tests, made of their parts."""

from __future__ import annotations

import io
import zipfile

CONTAINER = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
NAV = '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'


def page(body: str) -> str:
    return f"<html><head><title>A title</title></head><body>{body}</body></html>"


def zipped(parts: dict[str, str | bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in parts.items():
            book.writestr(name, data)
    return archive.getvalue()


def parts(*pages: str, head: str = "", order: list[int] | None = None) -> dict[str, str | bytes]:
    """The files of a book of these pages, read in an order that is not the manifest's."""
    places = range(len(pages)) if order is None else order
    items = "".join(
        f'<item id="i{n}" href="text/page%20{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in range(len(pages))
    )
    spine = "".join(f'<itemref idref="i{n}"/>' for n in places)
    package = (
        f'{head}<package xmlns="http://www.idpf.org/2007/opf"><manifest>{NAV}{items}</manifest>'
        f'<spine><itemref idref="nav"/>{spine}</spine></package>'
    )
    return {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": package,
        "OEBPS/nav.xhtml": page("<nav>Contents</nav><p>Contents</p>"),
        **{f"OEBPS/text/page {n}.xhtml": body for n, body in enumerate(pages)},
    }


def book(*pages: str, order: list[int] | None = None) -> bytes:
    return zipped(parts(*pages, order=order))
