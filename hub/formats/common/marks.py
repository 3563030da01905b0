"""What a document would unfold to, judged before it is read: the bound against small bombs.

A tree of XML or JSON costs some hundred bytes for each element, attribute, object or item, however
few bytes wrote it: `<a/>` a million times is 4 MB to send and 200 MB to hold. Each of them begins
with a mark that can be counted without reading: `<` and `=`, or `[`, `{` and `,`. Real documents
have one in some 20 bytes, dense ones in 14.
"""

from hub.errors import PayloadError, Reason

FREE = 300_000
"""Marks that any document may have: they cost less than 100 MB."""
BYTES_A_MARK = 12
"""A document with more must have so many bytes for each of them, on average."""
XML = (b"<", b"=")
JSON = (b"[", b"{", b",")


def counted(body: bytes, marks: tuple[bytes, ...]) -> int:
    """How many of the marks stand in a body."""
    return sum(map(body.count, marks))


def check(found: int, size: int, what: str) -> None:
    """Refuse a document of so many marks in so many bytes (NULs, as UTF-16 has, not counted).

    Raises PayloadError TOO_LARGE.
    """
    if found > max(FREE, size // BYTES_A_MARK):
        raise PayloadError(
            Reason.TOO_LARGE, f"{what}: over {found} elements or values in {size} bytes."
        )


def check_json(body: bytes, what: str) -> None:
    """Refuse a JSON document that would unfold to far more than it is. Raises PayloadError."""
    check(counted(body, JSON), len(body), what)


def check_xml(body: bytes, what: str) -> None:
    """Refuse an XML document that would unfold to far more than it is. Raises PayloadError."""
    check(counted(body, XML), len(body) - body.count(b"\0"), what)
