"""Hours on duty (勤务时段): whose, from when until when. Everybody is told their own."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.operations.duty.documents import HOURS, DutyHoursDoc
from hub.store.documents import AccountDoc, plain
from hub.store.driver import Store, Tx
from hub.store.pending import pending


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of duty; `until` is None while it lasts."""

    since: datetime
    until: datetime | None
    post: str | None


class DutyHours:
    """Repository of hours on duty."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def ended(self, tx: Tx, account: AccountDoc, until: datetime) -> None:
        """Keep the duty that ends now; nothing where it is not known since when it was."""
        since = account.duty.since
        if since is None or since >= until:
            return
        row = DutyHoursDoc(
            id=f"{account.id}:{since.timestamp():.3f}",
            account_id=account.id,
            since=since,
            until=until,
            post=account.duty.post,
        )
        pending(tx).insert(HOURS, plain(row))

    async def of_day(self, account: AccountDoc, now: datetime, zone: ZoneInfo) -> list[Hours]:
        """What falls into the area's day of `now`, oldest first, cut at the day's beginning."""
        day = now.astimezone(zone).date()
        begins = datetime.combine(day, time(), zone)
        rows = self._store.db[HOURS].find({"account_id": account.id, "until": {"$gt": begins}})
        found = [
            Hours(max(row["since"], begins), row["until"], row["post"])
            async for row in rows.sort("until", 1)
        ]
        duty = account.duty
        if duty.on and duty.since is not None:
            found.append(Hours(max(duty.since, begins), None, duty.post))
        return [each for each in found if each.since < begins + timedelta(days=1)]
