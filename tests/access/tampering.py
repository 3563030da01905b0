"""Sealed logs, and what somebody who can write to the database might do to one."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from hub.rules.audit_chain import GENESIS, Fault, canonical, link

Row = dict[str, Any]
Named = tuple[Fault, int | None, str | None]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
VALUES: list[Any] = [None, "", "watch", 7, 7.5, True, [1], {"a": 1}, NOON, NOON.isoformat()]


@dataclass
class Log:
    """The rows and the head, as they lie in the database; `named` is what must be found."""

    rows: list[Row]
    head: Row | None
    named: set[Named] = field(default_factory=set)

    def name(self, fault: Fault, seq: int | None = None, row: Row | None = None) -> None:
        self.named.add((fault, seq, None if row is None else str(row["_id"])))


def rows_of(count: int) -> list[Row]:
    """A sealed chain of so many rows."""
    before, rows = GENESIS, []
    for seq in range(1, count + 1):
        row = {
            "_id": f"row-{seq}",
            "at": NOON + timedelta(milliseconds=seq),
            "actor": ("watch", "officer1")[seq % 2],
            "action": "order.dispatched",
            "target": "order-1",
            "authority": "WATCH",
            "session": "s",
            "device": None,
            "before": None if seq % 3 else {"state": "OPEN"},
            "after": {"recipients": ["officer1"], "at": NOON},
            "detail": {},
        }
        before = link(before, row)
        rows.append({**row, "seq": seq, "hash": before})
    return rows


def altered(draw: Any, log: Log) -> None:
    """Any field of any row has another value, or is not there, or there is one more."""
    row = draw(st.sampled_from(log.rows))
    was = canonical(row)
    name = draw(st.sampled_from([*(n for n in row if n not in {"seq", "hash"}), "added"]))
    if name != "_id" and name in row and draw(st.booleans()):
        del row[name]
    else:
        others = [row.get(name) for row in log.rows]
        values = [v for v in VALUES if v is not None] if name == "_id" else [*VALUES, *others]
        row[name] = copy.deepcopy(draw(st.sampled_from(values)))
        if name == "_id":
            row[name] = f"other-{row['seq']}"
    if canonical(row) != was:
        log.name(Fault.ALTERED, row["seq"], row)


def rehashed(draw: Any, log: Log) -> None:
    """A row's hash is another."""
    row = draw(st.sampled_from(log.rows))
    row["hash"] = draw(st.sampled_from(["", "0" * 64, 7, None, {"a": 1}]))
    log.name(Fault.ALTERED, row["seq"], row)


def renumbered(draw: Any, log: Log) -> None:
    """A row's number is another, or none."""
    row = draw(st.sampled_from(log.rows))
    log.name(Fault.REORDERED, row["seq"], row)
    row["seq"] = draw(st.sampled_from([None, -3, 0, 0.5, 900, "1", NOON, float("inf")]))


def removed(draw: Any, log: Log) -> None:
    """A row is gone."""
    row = log.rows.pop(draw(st.integers(0, len(log.rows) - 1)))
    log.name(Fault.DROPPED, row["seq"])


def unsealed(draw: Any, log: Log) -> None:
    """A row looks as if it had never been sealed: its number is missing."""
    row = draw(st.sampled_from(log.rows))
    log.name(Fault.DROPPED, row["seq"])
    row["seq"] = row["hash"] = None


def cut(draw: Any, log: Log) -> None:
    """The tail is gone, behind the signed head."""
    left = draw(st.integers(0, len(log.rows) - 1))
    log.name(Fault.DROPPED, left + 1)
    del log.rows[left:]


def swapped(draw: Any, log: Log) -> None:
    """Two rows stand in each other's place: what is in them, or their numbers, with or without
    their hashes."""
    if len(log.rows) < 2:
        return
    indexes = st.integers(0, len(log.rows) - 1)
    one, other = draw(st.lists(indexes, min_size=2, max_size=2, unique=True))
    a, b = log.rows[one], log.rows[other]
    log.name(Fault.REORDERED, a["seq"], a)
    log.name(Fault.REORDERED, b["seq"], b)
    for name in draw(st.sampled_from([("seq",), ("seq", "hash")])):
        a[name], b[name] = b[name], a[name]


def rewritten(draw: Any, log: Log) -> None:
    """A row is altered, and every hash behind it made anew."""
    at = draw(st.integers(0, len(log.rows) - 1))
    log.rows[at]["actor"] = "somebody else"
    before = log.rows[at - 1]["hash"] if at else GENESIS
    for row in log.rows[at:]:
        before = row["hash"] = link(before, row)
    log.name(Fault.HEAD_DIFFERS, len(log.rows), log.rows[-1])


def added(_draw: Any, log: Log) -> None:
    """A row is put behind the head, its hash as it ought to be."""
    last = log.rows[-1]
    row = {**last, "_id": "added", "seq": last["seq"] + 1}
    row["hash"] = link(last["hash"], row)
    log.rows.append(row)
    log.name(Fault.FOREIGN, row["seq"], row)


def forged(draw: Any, log: Log) -> None:
    """The head says something else than what was signed, or is gone."""
    assert log.head is not None
    if draw(st.booleans()):
        log.head = None
        log.name(Fault.HEAD_MISSING)
        return
    name = draw(st.sampled_from(["seq", "hash", "at", "signature"]))
    number = len(log.rows)
    other = {
        "seq": [0, number - 1, number + 1, "1", None],
        "hash": ["0" * 64, None],
        "at": [NOON, None, "now"],
        "signature": ["", None, "AAAA", "not base64"],
    }[name]
    log.head[name] = draw(st.sampled_from(other))
    seq = log.head["seq"]
    log.name(Fault.HEAD_FORGED, seq if isinstance(seq, int) else -1)


OF_ROWS: list[Callable[[Any, Log], None]] = [
    altered,
    rehashed,
    renumbered,
    removed,
    unsealed,
    cut,
    swapped,
    rewritten,
    added,
]
