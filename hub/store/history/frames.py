"""How samples are packed: what changed since the sample before, compressed. Pure.

A chapter begins with a whole sample, each later one says what changed: fields that are new or
other, fields that went, rows that went. So a moment is its chapter's packs up to it, in order.
"""

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

Document = dict[str, Any]
Rows = Mapping[str, RawBSONDocument]
"""Rows by `_id`, undecoded: most of them are only compared."""

RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument, tz_aware=True)
_PLAIN: CodecOptions[Document] = CodecOptions(tz_aware=True)
_FASTEST = 1
"""Of zlib's levels: the next ones gain a tenth and cost twice."""


def pack(old: Rows, new: Rows) -> bytes | None:
    """What makes the rows `old` those of `new`; None where nothing does."""
    changed = [change for key, row in new.items() if (change := _change(old.get(key), row))]
    gone = [key for key in old if key not in new]
    if not changed and not gone:
        return None
    return zlib.compress(bson.encode({"changed": changed, "gone": gone}), _FASTEST)


def unpack(packs: Iterable[bytes]) -> list[Document]:
    """The rows that these packs make, the first of them a chapter's first."""
    rows: dict[str, Document] = {}
    for packed in packs:
        said = bson.decode(zlib.decompress(packed), _PLAIN)
        for change in said["changed"]:
            row = rows.setdefault(change["_id"], {"_id": change["_id"]})
            row.update(change["set"])
            for name in change.get("unset", ()):
                row.pop(name, None)
        for key in said["gone"]:
            rows.pop(key, None)
    return list(rows.values())


def _change(old: RawBSONDocument | None, new: RawBSONDocument) -> Document | None:
    if old is not None and old.raw == new.raw:
        return None
    before = {} if old is None else dict(old)
    after = dict(new)
    key = after.pop("_id")
    changed = {name: value for name, value in after.items() if _differs(before, name, value)}
    change: Document = {"_id": key, "set": changed}
    if gone := [name for name in before if name not in after and name != "_id"]:
        change["unset"] = gone
    return change


def _differs(before: Document, name: str, value: object) -> bool:
    return name not in before or before[name] != value
