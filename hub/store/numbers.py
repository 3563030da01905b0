"""Running numbers of what people call by a number."""

from collections import deque
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import pymongo
import structlog
from pymongo import ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

from hub.errors import RetryLater
from hub.store.documents import CounterDoc
from hub.store.driver import Tx
from hub.store.pending import pending

log = structlog.get_logger()

PUT_BACK_SECONDS = 1.0
"""Seconds that putting numbers back may hold up a transaction."""


@dataclass(slots=True)
class _Drawn:
    """Numbers drawn for the works of one transaction; those in `left` nobody has used yet.

    `many` of them are still drawn, up to `last`.
    """

    series: str
    last: int
    many: int
    left: deque[int]


class Numbers:
    """Running numbers, given outside of any transaction so that nobody waits for them.

    A number is never given twice. Those of a transaction that is given up are put back, unless
    others have drawn since: then, and where that fails, they are missing. It needs no
    majority: it is in the oplog before the write that uses it, so that no failover keeps only the
    latter.
    """

    async def of_day(self, kind: str, day: date, tx: Tx) -> str:
        """The next number of this kind on a day: `YYYYMMDD-NNN`."""
        prefix = day.strftime("%Y%m%d")
        series = f"{kind}:{prefix}"
        last = await self._next(series)
        drawn = _Drawn(series, last, 1, deque())
        pending(tx).at_abort(partial(self._put_back, drawn, unused=False))
        return f"{prefix}-{last:03}"

    async def below(self, kind: str, parent_id: str, number: str, tx: Tx) -> str:
        """The next number of this kind below a parent with a number: `NUMBER-NN`.

        Those that the works of one transaction will want are drawn in one call; what none of them
        used is put back at its end, and all when it is given up, unless others have drawn since.
        """
        writes, series = pending(tx), f"{kind}:{number}"
        drawn = writes.numbers.get(parent_id)
        if not drawn:
            many = max(1, writes.numbers_wanted[parent_id])
            last = await self._next(series, many)
            drawn = writes.numbers[parent_id] = deque(range(last - many + 1, last + 1))
            of_series = _Drawn(series, last, many, drawn)
            writes.at_end(partial(self._put_back, of_series, unused=True))
            writes.at_abort(partial(self._put_back, of_series, unused=False))
        return f"{number}-{drawn.popleft():02}"

    async def _put_back(self, drawn: _Drawn, *, unused: bool) -> None:
        """Those that were not used, or all; that it fails costs numbers, and no order."""
        back = len(drawn.left) if unused else drawn.many
        if not back:
            return
        untouched = {"_id": drawn.series, "value": drawn.last}
        try:
            with pymongo.timeout(PUT_BACK_SECONDS):
                done = await self._counters().update_one(untouched, {"$inc": {"value": -back}})
        except PyMongoError as error:
            log.warning("numbers_not_put_back", series=drawn.series, many=back, error=repr(error))
            return
        if done.modified_count:
            drawn.last, drawn.many = drawn.last - back, drawn.many - back

    async def _next(self, series: str, many: int = 1) -> int:
        """The last of the next `many` numbers."""
        row: dict[str, Any] | None = await self._counters().find_one_and_update(
            {"_id": series},
            {"$inc": {"value": many}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        if row is None:
            raise RetryLater(f"暂时无法编号 / No number was given in the series {series!r}.")
        return int(row["value"])

    def _counters(self) -> "AsyncCollection[dict[str, Any]]":
        return CounterDoc.get_pymongo_collection().with_options(write_concern=WriteConcern(w=1))
