"""Scoped identifiers, `dataset` being the namespace of a feed's native ids; and global ones.

A thing has one key; a global id is that key with its type, for Relay. Whoever asks for an id of a
known type takes both, over GraphQL and over the mobile API.
"""

import base64
import re
from binascii import b2a_base64
from datetime import date
from functools import lru_cache

_REMEMBERED = 8192
_TYPE = re.compile(r"[A-Z][A-Za-z]+")


def scoped(dataset: str, native: str) -> str:
    """Id of a stop place, quay, line, vehicle or situation: `dataset:native`."""
    return f"{dataset}:{native}"


def journey_id(dataset: str, ref: str, service_date: date) -> str:
    """Id of a dated journey: `dataset:ref:YYYY-MM-DD`, the date being the service day."""
    return f"{dataset}:{ref}:{service_date.isoformat()}"


def call_id(journey: str, order: int) -> str:
    """Id of a call: the journey and the visit's order (loops visit a stop place twice)."""
    return f"{journey}#{order}"


@lru_cache(_REMEMBERED)  # a board says the same ones again and again
def global_id(type_name: str, key: str) -> str:
    """The Relay id of an object: base64 of `Type:key`."""
    return b2a_base64(f"{type_name}:{key}".encode(), newline=False).decode()


def split_global_id(given: str) -> tuple[str, str] | None:
    """Type and key behind a Relay id; None if it is none."""
    try:
        type_name, colon, key = base64.b64decode(given, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (type_name, key) if colon and key and _TYPE.fullmatch(type_name) else None
