"""The three HTTP feeds: bytes made at most once a second, and what makes a feed fall silent."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Literal

from sandbox.day import Day
from sandbox.live.runs import RunState
from sandbox.timetable.network import network
from sandbox.wire import gtfs, gtfs_rt
from sandbox.wire.siri import Delivery
from sandbox.wire.siri_lite import as_json
from sandbox.wire.siri_monitoring import FM_VERSION, add_facilities, add_vehicles, add_visits
from sandbox.wire.siri_request import ServiceRequest

How = Literal["stale", "hang", "error"]
KEEPS = 1.0
"""Real seconds for which an encoded payload is served again."""


class Gate:
    """Whether a feed is silent: by command, else as the scenario says."""

    def __init__(self, day: Day, feed: str) -> None:
        self._day = day
        self._feed = feed
        self._ordered: How | None = None
        self._open_by_order = False
        self.changed = asyncio.Event()

    def order(self, how: How | None) -> None:
        """Silence by command; None lets the feed speak even where the scenario silences it."""
        self._ordered = how
        self._open_by_order = how is None
        self._wake()

    def reset(self) -> None:
        """Back to what the scenario says."""
        self._ordered = None
        self._open_by_order = False
        self._wake()

    def silent(self) -> How | None:
        """How the feed is silent now, or None."""
        if self._ordered is not None or self._open_by_order:
            return self._ordered
        rule = next((s for f, s in self._day.scenario.silence.items() if f == self._feed), None)
        if rule is None or self._day.clock.posix() < self._day.began + rule.after_seconds:
            return None
        return rule.how

    def _wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


@dataclass(frozen=True, slots=True)
class Payload:
    """Encoded bytes with their validators."""

    body: bytes
    etag: str
    modified: datetime


class Feeds:
    """Payloads of the three datasets."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.gates = {name: Gate(day, name) for name in (*day.boards, "taxi")}
        self._zips: dict[str, tuple[date, Payload]] = {}
        self._daily: dict[str, tuple[date, bytes]] = {}
        self._made: dict[object, tuple[float, bytes]] = {}

    def timetable(self, dataset: str) -> Payload:
        """The GTFS zip; it changes with the day."""
        today = self.day.today()
        made = self._zips.get(dataset)
        if made is None or made[0] != today:
            body = gtfs.encode(self.day.boards[dataset].timetable, today)
            moment = self.day.clock.now().replace(microsecond=0)
            payload = Payload(body, f'"{sha256(body).hexdigest()[:20]}"', moment)
            made = self._zips[dataset] = (today, payload)
        return made[1]

    def realtime(self, dataset: str) -> bytes:
        """The GTFS-RT message of now, or the old one while the feed is stale."""
        return self._kept(dataset, dataset, lambda: self._message(dataset))

    def siri(self, request: ServiceRequest) -> bytes:
        """The ServiceDelivery that answers the request."""
        key = (request.service, request.preview, request.lines, request.stops)
        named = request.request_ref is not None
        return self._kept("railway", key, lambda: self._delivery(request).encode(), again=not named)

    def siri_lite(self, request: ServiceRequest) -> bytes:
        """The same in SIRI-Lite's JSON."""
        key = ("json", request.service, request.preview, request.lines, request.stops)
        return self._kept("railway", key, lambda: as_json(self._delivery(request).tree()))

    def siri_notification(self, request: ServiceRequest, subscription: tuple[str, str]) -> bytes:
        """The same for a subscription: its SubscriberRef and SubscriptionRef."""
        return self._delivery(request, subscription).encode()

    def kept_for_a_second(self, key: object, make: Callable[[], bytes]) -> bytes:
        """What was made for `key` a moment ago, else made anew."""
        made = self._made.get(key)
        if made is None or time.monotonic() - made[0] >= KEEPS / max(1.0, self.day.clock.speed):
            made = self._made[key] = (time.monotonic(), make())
        return made[1]

    def daily(self, key: str, make: Callable[[], bytes]) -> bytes:
        """What was made for `key` today, else made anew."""
        today = self.day.today()
        made = self._daily.get(key)
        if made is None or made[0] != today:
            made = self._daily[key] = (today, make())
        return made[1]

    def live(self, dataset: str, now: float) -> list[RunState]:
        """The runs a dataset speaks of at `now`."""
        return self.day.boards[dataset].live(now)

    def _kept(
        self, feed: str, key: object, make: Callable[[], bytes], *, again: bool = True
    ) -> bytes:
        """What was made for `key` a moment ago, if it may be sent `again`, else made anew.

        A stale feed sends what it sent last, whatever it is asked.
        """
        if (made := self._made.get(key)) is not None:
            fresh = time.monotonic() - made[0] < KEEPS / max(1.0, self.day.clock.speed)
            if self.gates[feed].silent() == "stale" or (again and fresh):
                return made[1]
        body = make()
        self._made[key] = (time.monotonic(), body)
        return body

    def _message(self, dataset: str) -> bytes:
        now = self.day.clock.posix()
        states = self.live(dataset, now)
        return gtfs_rt.encode(
            self.day.boards[dataset].timetable,
            states,
            self.day.situations(dataset, states, now),
            self.day.load_percent(dataset, now),
            now,
        )

    def _delivery(
        self, request: ServiceRequest, subscription: tuple[str, str] | None = None
    ) -> Delivery:
        now = self.day.clock.posix()
        states = self.live("railway", now)
        version = FM_VERSION if request.service == "FM" else "2.0"
        delivery = Delivery(now, request.request_ref, subscription, version)
        delivery.accept()
        timetable = self.day.boards["railway"].timetable
        station = network().railway.station.id
        asked = [one for one in states if _is_asked(one, request, now)]
        match request.service:
            case "ET":
                delivery.add_timetable(timetable, asked)
            case "SM":
                for stop in request.stops:
                    here = [one for one in asked if _calls_at(one, stop, station)]
                    add_visits(delivery, timetable, here, stop, now)
            case "VM":
                add_vehicles(delivery, timetable, asked, now)
            case "FM":
                add_facilities(delivery, station, now, self.day.seed)
            case _:
                delivery.add_situations(self.day.situations("railway", states, now))
        return delivery


def _calls_at(one: RunState, stop: str, station: str) -> bool:
    """Whether its call at the station is at this stop: the station, or one of its platforms."""
    return stop in {station, one.here.stop_id}


def _is_asked(one: RunState, request: ServiceRequest, now: float) -> bool:
    if request.lines and one.run.trip.route_id not in request.lines:
        return False
    return request.preview is None or one.here.aimed_arrival <= now + request.preview
