"""What `liandong feed check` says of a payload: counts, and an example of each cause of refusal."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hub.connector import Batch, Reject
from hub.model.moments import said
from hub.settings import FEED_ZONE

EXAMPLES = 5
"""Causes that are shown of one reason."""
_PARTICULAR = re.compile(r"'[^']*'|\"[^\"]*\"|\S*\d\S*")
"""What is of one entity in the words about it: what is quoted, and whatever has a digit."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a payload holds, as the hub would take it. `records` counts by type, calls as Call."""

    kind: str
    entities: int
    accepted: int
    rejected: dict[str, int]
    records: dict[str, int]
    matched: dict[str, int]
    as_of: datetime | None
    notes: list[dict[str, Any]]
    examples: dict[str, list[str]] = field(default_factory=dict)
    """For each reason of `rejected` entities refused for it, one a cause; text output only."""
    doubts: dict[str, list[str]] = field(default_factory=dict)
    """The same of `notes`."""
    told_at: datetime | None = None
    """The time that the document gives itself, where `as_of` is another; text output only."""
    withdrawn: int = 0
    """Ids that are taken back; text output only."""

    def to_json(self) -> dict[str, Any]:
        """The fixed interface of `feed check --json`.

        `notes` holds one object for each reason parts of entities were refused or doubted for:
        reason, count and the first example.
        """
        return {
            "kind": self.kind,
            "entities": self.entities,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "records": self.records,
            "matched": self.matched,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "notes": self.notes,
        }

    def to_text(self) -> str:
        """The same for people, Chinese beside English, its time in the zone of Shanghai."""
        journeys, stops = self.matched["journeys"], self.matched["stops"]
        refused = sum(self.rejected.values())
        listed = ", ".join(f"{name} {count}" for name, count in self.records.items())
        lines = [
            f"{self.kind}: 实体 entities {self.entities}",
            f"接受 accepted {self.accepted}, 拒绝 rejected {refused}",
            f"记录 records: {listed or '无 none'}",
            f"匹配 matched: 班次 journeys {journeys}, 站点 stops {stops}",
            f"数据时间 as of: {self._as_of()}",
        ]
        if self.told_at is not None:
            lines.append(f"文件时间 the document's own time: {said(self.told_at, FEED_ZONE)}")
        lines += [f"撤回 withdrawn {self.withdrawn}"] * bool(self.withdrawn)
        for reason, count in self.rejected.items():
            lines += _listed(f"拒绝 rejected {reason} ×{count}", self.examples[reason])
        for note in self.notes:
            counted = f"提示 note {note['reason']} ×{note['count']}"
            lines += _listed(counted, self.doubts[note["reason"]])
        return "\n".join(lines)

    def _as_of(self) -> str:
        if self.as_of is not None:
            return said(self.as_of, FEED_ZONE)
        return "取到之时 when it is fetched" if self.told_at else "未知 unknown"


def report(kind: str, batch: Batch) -> Report:
    """A batch, counted."""
    doubts = _by_cause(batch.notes)
    return Report(
        kind=kind,
        entities=batch.entities,
        accepted=batch.accepted,
        rejected=_by_reason(batch.rejects),
        records=batch.counts(),
        matched={"journeys": batch.matched_journeys, "stops": batch.matched_stops},
        as_of=batch.as_of.astimezone(UTC) if batch.as_of else None,
        notes=[
            {"reason": reason, "count": count, "example": doubts[reason][0]}
            for reason, count in _by_reason(batch.notes).items()
        ],
        examples=_by_cause(batch.rejects),
        doubts=doubts,
        told_at=batch.told_at,
        withdrawn=len(batch.withdrawn),
    )


def _by_reason(refused: Sequence[Reject]) -> dict[str, int]:
    return dict(sorted(Counter(str(one.reason) for one in refused).items()))


def _by_cause(refused: Sequence[Reject]) -> dict[str, list[str]]:
    """Of each reason the first of each cause, a few at most.

    Words that differ in ids and numbers alone are of one cause.
    """
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for one in refused:
        causes = found[str(one.reason)]
        cause = _PARTICULAR.sub("", one.detail.replace(one.native_id, ""))
        if len(causes) < EXAMPLES:
            causes.setdefault(cause, f"{one.native_id}: {one.detail}")
    return {reason: list(causes.values()) for reason, causes in found.items()}


def _listed(counted: str, examples: Sequence[str]) -> list[str]:
    first, *others = examples
    return [f"{counted}: {first}", *(f"  又如 also: {other}" for other in others)]
