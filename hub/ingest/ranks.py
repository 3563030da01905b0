"""Keeps the taxi ranks' observations current from the positions that come in."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from hub import clock
from hub.connector import Record
from hub.ingest.durable import until_durable
from hub.ingest.health import Thresholds
from hub.model.common import Mode, Position
from hub.model.vehicles import RankObservation, TaxiRank, TaxiState, VehiclePosition
from hub.rules.taxi_rank import Sighting, TaxiRanks
from hub.store.driver import Store
from hub.store.feeds.apply import save_rank
from hub.store.feeds.rivalry.statements import by_feed
from hub.store.feeds.transit import TransitRepository

LEAST_PAUSE_SECONDS = 0.1
"""However fast the clock runs."""
ALL = 100_000


class RankKeeper:
    """One taxi feed's view of the ranks. `see` what was written; `run` saves what changed.

    A process that takes the feed over begins with the positions that are stored. A count is saved
    when it changes, at most once a second; otherwise only its time moves on, often enough to stay
    fresh.
    """

    def __init__(
        self, store: Store, feed_id: str, ranks: Sequence[TaxiRank], thresholds: Thresholds
    ) -> None:
        self._store = store
        self._feed_id = feed_id
        self._ranks = {rank.id: rank for rank in ranks}
        self._rule = TaxiRanks(
            ranks, fresh_for=thresholds.warn_after, expire_after=thresholds.expire_after
        )
        self._expire_after = thresholds.expire_after
        self._move_after = thresholds.warn_after / 4
        self._saved: dict[str, RankObservation] = {}

    def see(self, records: Iterable[Record]) -> None:
        """Take the taxis among records that are durable."""
        for record in records:
            if isinstance(record, VehiclePosition) and record.taxi_state is not None:
                self._rule.see(
                    Sighting(record.id, record.position, record.taxi_state, record.observed_at)
                )

    async def prime(self) -> None:
        """See the taxis of this feed that are stored and not yet expired, also beside another's."""
        stored = await TransitRepository(self._store).vehicles(
            [Mode.TAXI.value], None, clock.now() - self._expire_after, ALL
        )
        for row in stored:
            said = by_feed(row).get(self._feed_id, {})
            if said.get("taxi_state"):
                lon, lat = said["location"]["coordinates"]
                self._rule.see(
                    Sighting(
                        row["_id"],
                        Position(lat, lon),
                        TaxiState(said["taxi_state"]),
                        said["observed_at"],
                    )
                )

    async def run(self) -> None:
        """Prime, then save what changed once a second, until cancelled."""
        await until_durable(self._feed_id, self.prime)
        while True:
            now = clock.now()
            await self.save(now)
            # on whole seconds: a replay of the same sightings then looks at the same moments
            due = now.replace(microsecond=0) + timedelta(seconds=1)
            await asyncio.sleep(max(clock.seconds_until(due), LEAST_PAUSE_SECONDS))

    async def save(self, now: datetime) -> None:
        """Write the observations that changed since they were last written."""
        for observation in self._rule.observe(now):
            before = self._saved.get(observation.rank_id)
            if before is not None and not self._differs(before, observation):
                continue
            rank = self._ranks[observation.rank_id]
            await until_durable(
                f"{self._feed_id} {rank.id}",
                lambda seen=observation, of=rank: save_rank(self._store, seen, of, self._feed_id),  # type: ignore[misc]
            )
            self._saved[observation.rank_id] = observation

    def _differs(self, before: RankObservation, now: RankObservation) -> bool:
        if _counts(before) != _counts(now):
            return True
        if before.observed_at is None or now.observed_at is None:
            return before.observed_at != now.observed_at
        return now.observed_at - before.observed_at > self._move_after


def _counts(observation: RankObservation) -> tuple[int | None, int | None, int | None]:
    return observation.vehicles_waiting, observation.holding, observation.departures_15m
