"""What a feed's writer remembers of what it wrote, so that nothing is read or written twice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from weakref import ref

from hub.model.journeys import DatedJourney
from hub.store.feeds.revision import Before, Written
from hub.store.feeds.rows import AGED

ABSENCES = 2
"""A complete message must lack an entity this often in a row before the entity is withdrawn."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a batch's records.

    `stale` were older than what is known, `refused` are those the database would not take.
    """

    written: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    stale: int = 0
    refused: int = 0

    def __add__(self, other: "Applied") -> "Applied":
        return Applied(
            self.written + other.written,
            self.unchanged + other.unchanged,
            self.withdrawn + other.withdrawn,
            self.stale + other.stale,
            self.refused + other.refused,
        )


class Verdict(Enum):
    """What to do with a record: write it, only move its time, nothing, or drop it as older."""

    WRITE = auto()
    TOUCH = auto()
    SAME = auto()
    STALE = auto()


@dataclass(slots=True)
class Seen:
    """One entity as last accepted.

    `stamp` orders records: the source's time, else its message's. `stored` is the `observed_at`
    that lies in the database, which may lag behind what was seen. `record` is what was judged
    last, for as long as its connector keeps it, and `written` what is known of the journey it was
    written to. `told_as` is another id its source may name it by.
    """

    fingerprint: str
    stamp: datetime | None = None
    stored: datetime | None = None
    version: int = 0
    missed: int = 0
    record: ref[DatedJourney] | None = None
    told_as: str | None = None
    written: Written | None = None


class Memory:
    """Entities of one feed in one collection, by id."""

    def __init__(self, touch_after: timedelta) -> None:
        self._seen: dict[str, Seen] = {}
        self._touch_after = touch_after

    def __contains__(self, entity: str) -> bool:
        return entity in self._seen

    def __len__(self) -> int:
        return len(self._seen)

    def known(self, record: DatedJourney) -> str | None:
        """The fingerprint of a record that is the very object judged last.

        Connectors that remember what they read hand out again what did not change.
        """
        seen = self._seen.get(record.id)
        if seen is None or seen.record is None or seen.record() is not record:
            return None
        return seen.fingerprint

    def before(self, entity: str) -> Before | None:
        """What was said last of a journey, where that and how it was written are still known."""
        seen = self._seen.get(entity)
        if seen is None or seen.written is None or seen.record is None:
            return None
        record = seen.record()
        return None if record is None else Before(record, seen.written, seen.stored)

    def judge(
        self,
        entity: str,
        fingerprint: str,
        *,
        observed_at: datetime | None,
        stamp: datetime | None,
        version: int = 0,
        record: ref[DatedJourney] | None = None,
    ) -> Verdict:
        """What to do with a record of `entity`; an accepted unchanged one moves its stamp."""
        seen = self._seen.get(entity)
        if seen is None:
            return Verdict.WRITE
        if _older(version, stamp, seen):
            return Verdict.STALE
        if fingerprint != seen.fingerprint:
            return Verdict.WRITE
        seen.record = record
        seen.stamp = stamp or seen.stamp
        if observed_at is None:
            return Verdict.SAME
        if seen.stored is None or observed_at - seen.stored > self._touch_after:
            return Verdict.TOUCH
        return Verdict.SAME

    def remember(self, entity: str, seen: Seen) -> None:
        """What the database now holds of `entity`."""
        self._seen[entity] = seen

    def touched(self, entity: str, observed_at: datetime) -> None:
        """The database now holds this `observed_at` of `entity`."""
        self._seen[entity].stored = observed_at

    def count_absent(self, present: Iterable[str]) -> None:
        """Note a complete message with `present` in it."""
        here = set(present)
        for entity, seen in self._seen.items():
            seen.missed = 0 if entity in here else seen.missed + 1

    def absent(self) -> list[str]:
        """What complete messages have lacked often enough to be withdrawn."""
        return [entity for entity, seen in self._seen.items() if seen.missed >= ABSENCES]

    def undated(self, entities: Iterable[str], otherwise: datetime) -> dict[str, datetime]:
        """Those of these whose age is their feed's, because they say none: when each was told.

        `otherwise` is for what nobody knows that of.
        """
        seen = ((id_, self._seen[id_]) for id_ in entities if id_ in self._seen)
        return {id_: one.stamp or otherwise for id_, one in seen if one.stored is None}

    def aged(self, since: Mapping[str, datetime]) -> None:
        """The database now holds these as of those moments, and under the fingerprint AGED."""
        for entity, moment in since.items():
            self._seen[entity] = replace(
                self._seen[entity], fingerprint=AGED, stored=moment, record=None, written=None
            )

    def forget(self, entities: Iterable[str]) -> None:
        """These are no longer in the database."""
        for entity in entities:
            self._seen.pop(entity, None)

    def named(self, names: Iterable[str]) -> list[str]:
        """The entities of these ids, or told as these; unknown names are passed over."""
        wanted = set(names)
        return [id_ for id_, seen in self._seen.items() if wanted & {id_, seen.told_as}]

    def ids(self) -> list[str]:
        """Every id remembered."""
        return list(self._seen)


def _older(version: int, stamp: datetime | None, seen: Seen) -> bool:
    if version != seen.version:
        return version < seen.version
    return stamp is not None and seen.stamp is not None and stamp < seen.stamp
