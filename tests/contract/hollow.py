"""Payloads made hollow: a value of the sample taken out everywhere, or replaced by "unknown"."""

import json
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from tests.contract.mutations import is_xml

MOST_BYTES = 150_000
"""Larger samples say nothing new of what their standard may leave out."""
_SAID = "unknown"


def hollowed(body: bytes) -> Iterator[tuple[str, bytes]]:
    """What was done, and the payload; nothing for what is neither XML nor JSON, or is large."""
    if len(body) > MOST_BYTES:
        return
    if is_xml(body):
        yield from _xml(body)
    elif body.startswith((b"{", b"[")):  # not stripped: a protobuf may begin with a line feed
        yield from _json(body)


def _xml(body: bytes) -> Iterator[tuple[str, bytes]]:
    bare = re.sub(rb"<\?xml[^>]*\?>", b"", body.removeprefix(b"\xef\xbb\xbf"), count=1)
    whole = etree.fromstring(bare)
    for name in sorted({_local(leaf) for leaf in _leaves(whole)}):
        for left_out in (True, False):
            root = etree.fromstring(bare)
            for leaf in [found for found in _leaves(root) if _local(found) == name]:
                parent = leaf.getparent()
                if left_out and parent is not None:
                    parent.remove(leaf)
                else:
                    leaf.text = _SAID
            yield f"{name} {'left out' if left_out else _SAID}", etree.tostring(root)


def _leaves(root: Any) -> Iterator[Any]:
    return (found for found in root.iter(etree.Element) if not len(found))


def _local(element: Any) -> str:
    return str(etree.QName(element).localname)


def _json(body: bytes) -> Iterator[tuple[str, bytes]]:
    whole = json.loads(body)
    for name in sorted(set(_names(whole))):
        for left_out in (True, False):
            changed = json.dumps(_without(whole, name, left_out)).encode()
            yield f"{name} {'left out' if left_out else _SAID}", changed


def _names(value: Any) -> Iterator[str]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict | list):
            yield from _names(inner)
        elif isinstance(key, str):
            yield key


def _without(value: Any, name: str, left_out: bool) -> Any:
    if isinstance(value, list):
        return [_without(inner, name, left_out) for inner in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, inner in value.items():
        if key != name or isinstance(inner, dict | list):
            kept[key] = _without(inner, name, left_out)
        elif not left_out:
            kept[key] = _SAID
    return kept
