"""The chain of the audit log: what a row's hash is made of, and what a walk along it finds. Pure.

The hash of a row covers the row and the hash of the row before it. So no row can be changed, taken
out or moved without its own hash, or that of the row behind it, saying so; and who makes all hashes
anew ends in another hash than the one that the head was signed with.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

Row = Mapping[str, Any]
GENESIS = "0" * 64
"""What stands before the first row."""
MARKS = frozenset({"seq", "hash"})
"""What sealing adds to a row; the rest is what the hash covers."""
MOST_MOVED = 200
"""So many rows that are not where they belong are looked for among each other; more are altered."""


def canonical(row: Row) -> bytes:
    """A row as its hash covers it: JSON, keys sorted, no blanks, UTF-8, without seq and hash.

    A moment is `{"$date": ...}`, RFC 3339 in UTC with milliseconds, as in MongoDB's extended JSON:
    so text that reads like it is something else.
    """
    told = {name: value for name, value in row.items() if name not in MARKS}
    return json.dumps(
        told, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_other
    ).encode("utf-8", "surrogatepass")


def link(before: str, row: Row) -> str:
    """The hash of a row behind one whose hash is `before`: SHA-256 of both, in hexadecimal."""
    return hashlib.sha256(before.encode() + canonical(row)).hexdigest()


def moment(at: datetime) -> str:
    """RFC 3339, UTC, milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _other(value: object) -> dict[str, str]:
    """What JSON has no word for. The hub writes moments only; a row may hold what it does not."""
    if isinstance(value, datetime):
        return {"$date": moment(value)}
    return {f"${type(value).__name__}": str(value)}


class Fault(StrEnum):
    """What is wrong with a log.

    FOREIGN: a row with a number that the hub has not given. HEAD_*: the signed end is not there,
    not signed by this hub, or not the end of this chain. KEPT_DIFFERS: the same of a head that was
    kept elsewhere. UNSEALED: it waits for its number for too long.
    """

    ALTERED = "ALTERED"
    DROPPED = "DROPPED"
    REORDERED = "REORDERED"
    FOREIGN = "FOREIGN"
    HEAD_MISSING = "HEAD_MISSING"
    HEAD_FORGED = "HEAD_FORGED"
    HEAD_DIFFERS = "HEAD_DIFFERS"
    KEPT_DIFFERS = "KEPT_DIFFERS"
    UNSEALED = "UNSEALED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A fault, at which number (`until`: the last of several), of which row.

    `stands_at` is the number that a reordered row has; `seq` is where it belongs.
    """

    fault: Fault
    seq: int | None = None
    until: int | None = None
    id: str | None = None
    stands_at: object = None


@dataclass(frozen=True, slots=True)
class Claim:
    """That the row `seq` has this hash; `fault` is what it is when it has not."""

    fault: Fault
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Numbers `first` to `last` where the chain does not go on by itself.

    `row` stands there, or none: a gap. `before`: what the hash of the row before may have been;
    nothing where that is not known.
    """

    first: int
    last: int
    row: Row | None
    before: frozenset[str]


class Walk:
    """Goes along the rows of a log in the order of their numbers, up to the number `upto`."""

    def __init__(self, upto: int, claims: Iterable[Claim] = ()) -> None:
        self._upto = upto
        self._claims = list(claims)
        self._asked: dict[int, tuple[frozenset[str], str]] = {}
        self._next = 1
        self._before = frozenset({GENESIS})
        self._places: list[_Place] = []
        self._strays: list[Row] = []

    def see(self, row: Row) -> None:
        """The next row."""
        seq = number(row)
        if seq is None or not self._next <= seq <= self._upto:
            self.stray(row)
            return
        if seq > self._next:
            self._gap(seq - 1)
        links = {link(before, row) for before in self._before}
        if _hash(row) not in links:
            self._places.append(_Place(self._next, self._next, row, self._before))
        else:
            links.clear()
        self._before = frozenset({_hash(row), *links})
        if any(claim.seq == seq for claim in self._claims):
            self._asked[self._next] = self._before, str(row["_id"])
        self._next += 1

    def stray(self, row: Row) -> None:
        """A row that has been sealed and has no number to go by."""
        self._strays.append(row)

    def end(self) -> list[Finding]:
        """What was found, when the last row has been seen."""
        if self._next <= self._upto:
            self._gap(self._upto)
        reading = _Reading(self._places, self._strays)
        return [*reading.findings(), *self._unmet(reading)]

    def _gap(self, last: int) -> None:
        self._places.append(_Place(self._next, last, None, self._before))
        self._next, self._before = last + 1, frozenset()

    def _unmet(self, reading: "_Reading") -> Iterable[Finding]:
        """Claims that this chain does not bear out; of what is missing that is said already."""
        for claim in self._claims:
            hashes, row_id = self._asked.get(claim.seq, (frozenset(), None))
            hashes = reading.hashes.get(claim.seq, hashes)
            beyond = claim.seq > self._upto
            if beyond or (hashes and claim.hash not in hashes):
                yield Finding(fault=claim.fault, seq=claim.seq, id=row_id)


class _Reading:
    """What became of the rows, from the places where the chain does not go on by itself.

    `hashes`: what stands at a number after all, once it is known.
    """

    def __init__(self, places: list[_Place], strays: list[Row]) -> None:
        self.hashes: dict[int, frozenset[str]] = {}
        self._places, self._strays = places, strays
        rows = [place.row for place in places if place.row is not None] + strays
        self._loose = rows if len(rows) <= MOST_MOVED else []
        self._moved: set[str] = set()
        self._found: list[Finding] = []

    def findings(self) -> list[Finding]:
        """All of them, by number."""
        broken: list[Row] = []
        for place in self._places:
            if place.row is None:
                self._fill(place)
            elif not self._stands(place.first, place.row, place.before):
                broken.append(place.row)
        for row in broken:
            if str(row["_id"]) not in self._moved:
                self._say(Fault.ALTERED, number(row), row)
        for row in self._strays:
            if str(row["_id"]) not in self._moved:
                self._say(Fault.FOREIGN, number(row), row)
        return sorted(self._found, key=lambda one: (one.seq is None, one.seq or 0))

    def _stands(self, seq: int, row: Row, before: frozenset[str]) -> bool:
        """Whether the row, or another that is found, is the one that belongs at its number."""
        before = self.hashes.get(seq - 1, before)
        own = {link(one, row) for one in before}
        if not before or _hash(row) in own:  # behind a gap nothing can be said of it
            self.hashes[seq] = frozenset({_hash(row)})
            return True
        if self._moved_to(seq, before, _hash(row)):
            return False
        self.hashes[seq] = frozenset({_hash(row), *own})
        return False

    def _fill(self, gap: _Place) -> None:
        """Look for the rows of a gap, one after the other; the rest was dropped."""
        before = gap.before
        for seq in range(gap.first, gap.last + 1):
            before = self.hashes.get(seq - 1, before)
            if not self._moved_to(seq, before, None):
                self._found.append(Finding(fault=Fault.DROPPED, seq=seq, until=gap.last))
                self.hashes[gap.last] = frozenset()
                return

    def _moved_to(self, seq: int, before: frozenset[str], wanted: str | None) -> bool:
        """Whether a loose row belongs at this number, by its own hash or by the one there."""
        for row in self._loose:
            for one in before:
                if (found := link(one, row)) in {_hash(row), wanted}:
                    self.hashes[seq] = frozenset({found})
                    self._moved.add(str(row["_id"]))
                    if row.get("seq") != seq:
                        self._say(Fault.REORDERED, seq, row)
                    return True
        return False

    def _say(self, fault: Fault, seq: int | None, row: Row) -> None:
        stands_at = row.get("seq") if fault is Fault.REORDERED else None
        self._found.append(Finding(fault=fault, seq=seq, id=str(row["_id"]), stands_at=stands_at))


def number(row: Row) -> int | None:
    """The row's number, where it is one; somebody may have written anything there."""
    seq = row.get("seq")
    if isinstance(seq, float) and seq.is_integer():
        return int(seq)
    return seq if isinstance(seq, int) and not isinstance(seq, bool) else None


def _hash(row: Row) -> str:
    return str(row.get("hash"))
