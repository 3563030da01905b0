"""What a poll sends, and the documents that one document leads to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """What a poll sends: by default a GET without a body."""

    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A document that another one names: a GBFS feed, an alert of an Atom list, the next page.

    `url` may be relative to the naming document. `name` is what the connector will know it by. One
    that is not `needed` is left out where it cannot be had; without a needed one the poll failed.
    `edition` is what the naming document says of its age: while it stays, nobody asks again.
    """

    name: str
    url: str
    needed: bool = True
    edition: str | None = None
