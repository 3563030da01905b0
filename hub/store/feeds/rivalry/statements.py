"""Several sources of one record: whose statement is shown, what the others say. Pure.

The rule is that of calls (see `rivals`): a fresh source comes before a stale one, then the one
of higher priority, then what was observed later. Of statements that give no time of their own,
the later is the one whose content its source said later; of situations the higher version is.

The statement shown lies in the document (or a layer of it) as if it were the only one. With rivals
it has `others`, theirs, and `contested`, the feeds of all; alone it has neither.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.model.situations import SituationProgress
from hub.store.feeds.rivalry import rivals
from hub.store.feeds.rows import Document

Rank = Callable[[Mapping[str, Any]], tuple[bool, int, int, datetime, str]]
"""The standing of a statement; the greatest is shown."""

_NEVER = datetime.min.replace(tzinfo=UTC)
_BESIDE = frozenset({"others", "contested"})


@dataclass(frozen=True, slots=True)
class Part:
    """Where in its document a statement lies: in `layer`, or all but what is `beside` it.

    `own_time`: a statement without a time of its own is of unknown age, so never fresh.
    """

    layer: str | None = None
    beside: frozenset[str] = frozenset({"_id", "dataset", "native_id"})
    own_time: bool = False

    def at(self, name: str) -> str:
        """The path of a statement's field in the document."""
        return f"{self.layer}.{name}" if self.layer else name

    def of(self, document: Document | None) -> Document | None:
        """The statement shown, with its rivals; None if nobody makes one."""
        if document is None:
            return None
        if self.layer:
            found: Document | None = document.get(self.layer)
            return found
        if "feed" not in document:
            return None
        return {name: value for name, value in document.items() if name not in self.beside}

    def put(self, document: Document, statement: Document) -> Document:
        """The document with this statement shown."""
        if self.layer:
            return {**document, self.layer: statement}
        return {**self._rest(document), **statement}

    def emptied(self, document: Document) -> Document | None:
        """The document without a statement; None if no other layer is left in it."""
        rest = self._rest(document)
        return rest if rest.keys() - {"_id", "dataset", "native_id"} else None

    def _rest(self, document: Document) -> Document:
        return {
            name: value
            for name, value in document.items()
            if (name != self.layer if self.layer else name in self.beside)
        }


RECORD = Part()
REPORT = Part(own_time=True)
STATUS = Part(layer="status", own_time=True)
FACILITY = Part(beside=frozenset({"_id", "dataset", "status"}))


def ranking(
    feeds: Iterable[Mapping[str, Any]], now: datetime, *, fresh_for: timedelta, own_time: bool
) -> Rank:
    """The rule over the documents of feeds (see `hub.store.feeds.rivalry.rivals.ranking`)."""
    standing = rivals.ranking(feeds, now, fresh_for=fresh_for)

    def rank(said: Mapping[str, Any]) -> tuple[bool, int, int, datetime, str]:
        fresh, priority, _, feed = standing(said)
        observed = said.get("observed_at")
        if own_time and observed is None:
            fresh = False
        moment = observed or said.get("said_at") or _NEVER
        return fresh, priority, said.get("version", 0), moment, feed

    return rank


def with_statement(shown: Document | None, said: Document, rank: Rank, now: datetime) -> Document:
    """What is shown when a feed says this, in the place of what it said before."""
    return _decided({**by_feed(shown), said["feed"]: said}, rank, now)


def without_statement(
    shown: Document | None, feed: str, rank: Rank, now: datetime
) -> Document | None:
    """What is shown when a feed takes back what it said; None if nobody else says anything."""
    left = by_feed(shown)
    left.pop(feed, None)
    return _decided(left, rank, now) if left else None


def again(shown: Document | None, rank: Rank, now: datetime) -> Document:
    """What is shown now: time has passed, and a source may have fallen silent."""
    return _decided(by_feed(shown), rank, now)


def by_feed(shown: Document | None) -> dict[str, Document]:
    """Every source's statement."""
    if shown is None:
        return {}
    bare = {name: value for name, value in shown.items() if name not in _BESIDE}
    return {one["feed"]: one for one in (*shown.get("others", ()), bare)}


def _decided(statements: dict[str, Document], rank: Rank, now: datetime) -> Document:
    """A closed situation expires where nobody else speaks of it: else their word went with it."""
    best: Document = max(statements.values(), key=rank)
    shown = dict(best)
    shown.pop("closed_at", None)
    others = [one for feed, one in sorted(statements.items()) if feed != shown["feed"]]
    if others:
        return {**shown, "others": others, "contested": sorted(statements)}
    if shown.get("progress") == SituationProgress.CLOSED.value:
        shown["closed_at"] = now
    return shown
