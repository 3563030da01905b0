"""All the taxis on the wire: when each one reports, and with which status bits."""

import asyncio
from collections import Counter
from random import Random

from hub.model.area import Area
from sandbox.clock import Clock
from sandbox.day import Day
from sandbox.feeds import Gate
from sandbox.scenario import Scenario
from sandbox.taxis.terminal import Counters, Terminal
from sandbox.taxis.world import Phase, Taxi, World
from sandbox.timetable.day import stamp
from sandbox.wire.jtt905 import Fix, Status

FASTEST = 1.0
"""A terminal never reports more often than this, in real seconds, whatever the speed."""
CONNECT_WITHIN = 5.0
"""Seconds over which the terminals connect at the start."""


class Fleet:
    """The taxis of the world and their terminals. An instance belongs to the running loop."""

    def __init__(self, area: Area, day: Day, gate: Gate, address: tuple[str, int]) -> None:
        self.counters = Counters()
        self._clock: Clock = day.clock
        self._gate = gate
        self._figures = day.scenario.taxi
        self._random = Random(f"{day.seed}:taxi:terminals")
        self._timers: list[asyncio.TimerHandle | None] = [None] * self._figures.count
        self.world = World(
            area,
            self._figures,
            seed=day.seed,
            start=day.clock.start.timestamp(),
            hour=day.days.nominal_hour,
            on_meter=self._on_meter,
        )
        self.terminals = [
            Terminal(
                taxi.number, address, self._figures, day.clock, self.counters,
                Random(f"{day.seed}:taxi:{taxi.number}"),
            )
            for taxi in self.world.taxis
        ]  # fmt: skip

    def start(self) -> None:
        """Connect and begin to report."""
        every = self._every(self._figures.report_seconds)
        within = self._clock.real(CONNECT_WITHIN)
        for terminal, taxi in zip(self.terminals, self.world.taxis, strict=True):
            terminal.start(self._random.uniform(0, within))
            self._later(taxi, self._random.uniform(0, every))
        self._beat(0)

    def close(self) -> None:
        """Stop reporting and hang up."""
        for timer in self._timers:
            if timer is not None:
                timer.cancel()
        self._heartbeat.cancel()
        for terminal in self.terminals:
            terminal.close()

    def switch(self, scenario: Scenario) -> None:
        """Take over the figures of another scenario, but for the number of taxis."""
        self.world.figures = scenario.taxi.model_copy(update={"count": len(self.terminals)})

    def status(self) -> dict[str, object]:
        """Counts for a look."""
        return {
            "count": len(self.terminals),
            "links": dict(Counter(terminal.link.value for terminal in self.terminals)),
            "phases": self.world.counts(),
            "ranks": {
                stand.id: {
                    "holding": len(stand.holding),
                    "waiting": len(stand.waiting),
                    "departures": stand.departures,
                }
                for stand in self.world.stands
            },
            "kept_positions": sum(terminal.kept for terminal in self.terminals),
            "frames_sent": self.counters.frames_sent,
            "frames_received": self.counters.frames_received,
            "retransmissions": self.counters.retransmissions,
            "reconnections": self.counters.reconnections,
            "positions_dropped": self.counters.positions_dropped,
            "bad_frames": self.counters.bad_frames,
        }

    # -- reporting -----------------------------------------------------------------------------

    def _every(self, seconds: float) -> float:
        return max(FASTEST, self._clock.real(seconds))

    def _later(self, taxi: Taxi, wait: float) -> None:
        loop = asyncio.get_running_loop()
        self._timers[taxi.number] = loop.call_later(wait, self._report, taxi)

    def _report(self, taxi: Taxi) -> None:
        every = self._every(self._figures.report_seconds)
        self._later(taxi, every * self._random.uniform(0.9, 1.1))
        now = self._clock.posix()
        self.world.advance(now)
        self._send(taxi, now, Status(0))

    def _on_meter(self, taxi: Taxi, at: float) -> None:
        """A meter was started or stopped: reported at once, with the transition's bit."""
        turned = Status.VACANT_TO_LOADED if taxi.loaded else Status.LOADED_TO_VACANT
        self._send(taxi, at, turned)

    def _send(self, taxi: Taxi, at: float, status: Status) -> None:
        if self._gate.silent():
            return
        self.terminals[taxi.number].report(self._fix(taxi, at, status))

    def _fix(self, taxi: Taxi, at: float, status: Status) -> Fix:
        seen = self.world.sighting(taxi, at)
        status |= Status.OUT_OF_SERVICE if taxi.phase is Phase.RESTING else Status.IGNITION
        if taxi.loaded:
            status |= Status.LOADED
        if self._random.random() < self._figures.unfixed_share:
            status |= Status.NOT_FIXED
        return Fix(
            at=stamp(at),
            lat=seen.position.lat,
            lon=seen.position.lon,
            speed_kmh=seen.speed_kmh,
            bearing=seen.bearing,
            status=status,
            mileage_km=seen.mileage_km,
        )

    def _beat(self, turn: int) -> None:
        """Heartbeats, a tenth of the terminals at a time."""
        every = self._every(self._figures.heartbeat_seconds) / 10
        self._heartbeat = asyncio.get_running_loop().call_later(every, self._beat, turn + 1)
        if not self._gate.silent():
            for terminal in self.terminals[turn % 10 :: 10]:
                terminal.heartbeat()
