"""Several documents as one message: what lies behind an index, in one body to keep and parse again.

A GBFS gbfs.json, an Atom list of CAP alerts or a first page of many says little by itself. The hub
fetches what such an index names and hands the connector all of it as one body, so that the
archive, its digest and a replay know of messages only.

    LIANDONG-BUNDLE/1
    <length in bytes> <name>
    <the document><line feed>
    ...
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hub.errors import PayloadError, Reason

MAX_DOCUMENTS = 500
"""Documents of one payload; a list that names more is not followed to its end."""
_MAGIC = b"LIANDONG-BUNDLE/1\n"
_HEAD = re.compile(rb"(\d{1,12}) ([^\n]{0,1000})\n")


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a bundle; its name is what the index called it, empty for the index."""

    name: str
    body: bytes


def pack(documents: Iterable[Document]) -> bytes:
    """The documents as one body, the index first."""
    parts = [_MAGIC]
    for document in documents:
        name = " ".join(document.name.split()).encode(errors="replace")[:1000]
        parts += [b"%d %b\n" % (len(document.body), name), document.body, b"\n"]
    return b"".join(parts)


def unpack(body: bytes) -> list[Document]:
    """The documents of a bundle; of any other body, that body as the only one.

    Raises PayloadError: NOT_DECODABLE for a bundle that is broken, TOO_LARGE for one of more than
    MAX_DOCUMENTS.
    """
    if not body.startswith(_MAGIC):
        return [Document("", body)]
    documents: list[Document] = []
    at = len(_MAGIC)
    while at < len(body):
        head = _HEAD.match(body, at)
        start = head.end() if head else at
        end = start + int(head[1]) if head else -1
        if head is None or body[end : end + 1] != b"\n":
            raise PayloadError(Reason.NOT_DECODABLE, f"a broken bundle, at byte {at}.")
        if len(documents) >= MAX_DOCUMENTS:
            raise PayloadError(Reason.TOO_LARGE, f"a bundle of over {MAX_DOCUMENTS} documents.")
        documents.append(Document(head[2].decode(errors="replace"), body[start:end]))
        at = end + 1
    return documents
