"""From positions of JT/T messages to vehicles: keyed ids, and what can be believed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b, sha256
from typing import Literal

from pydantic import Field

from hub.connector import Batch, Context, Reject, TcpServerConfig
from hub.errors import PayloadError, Reason
from hub.formats.common import gcj02
from hub.formats.jtt import t808_position, t905_position
from hub.model.common import Mode, Position
from hub.model.ids import scoped
from hub.model.vehicles import TaxiState, VehiclePosition

AHEAD = timedelta(minutes=2)
"""How far a vehicle's clock may run before ours."""
TOP_SPEED_KMH = 300
Report = t808_position.PositionReport | t905_position.PositionReport
MUST_AUTHENTICATE_SAYS = (
    "a terminal must give the code of its registration before its positions count; false, because "
    "many skip it and a private network keeps strangers out"
)
"""What the option `require_authentication` of kinds with terminals does."""


class VehicleConfig(TcpServerConfig):
    """Keys of every kind that reads JT/T positions."""

    id_key: str | None = Field(
        default=None,
        min_length=16,
        description="secret, 16 characters at least, of the hash that stands for a terminal's "
        "number or a plate; none: the dataset's name, so that ids are stable, but who guesses a "
        "number can confirm it. Set it in service",
    )
    unfixed: Literal["reject", "accept"] = Field(
        default="reject",
        description="positions of a terminal that says it has no fix: reject; accept is for "
        "terminals whose fix bit is wrong",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One position as it was sent: degrees, km/h, UTC. `time` None: the field was all zeros.

    `displaced`: in GCJ-02. `doubt` says what in the message beside the position could not be read.
    """

    lat: float
    lon: float
    time: datetime | None
    fixed: bool
    displaced: bool
    speed_kmh: float
    bearing: float
    alarms: tuple[str, ...]
    taxi_state: TaxiState
    doubt: str | None = None


def sighting(
    report: Report,
    coordinates: str,
    *,
    fixed: bool,
    flagged: bool = False,
    taxi_state: TaxiState,
) -> Sighting:
    """What a report says, and what its status does in the standard's own way.

    `coordinates` is as configured; where that is "flagged", `flagged` says they are in GCJ-02.
    """
    return Sighting(
        lat=report.lat,
        lon=report.lon,
        time=report.time,
        fixed=fixed,
        displaced=coordinates == "gcj02" or (coordinates == "flagged" and flagged),
        speed_kmh=report.speed_kmh,
        bearing=report.bearing,
        alarms=tuple(alarm.name for alarm in report.alarms if alarm.name),
        taxi_state=taxi_state,
        doubt=f"{len(report.rest)} bytes after the last item" if report.rest else None,
    )


class Vehicles:
    """Turns one feed's sightings into records and rejects.

    `mode` is that of a feed that names none; `published` is when the standard appeared: earlier
    times are of clocks that lost theirs. With `once`, for captures, a record equal to an earlier
    one is refused as DUPLICATE.
    """

    def __init__(
        self,
        context: Context,
        config: VehicleConfig,
        *,
        mode: Mode,
        published: datetime,
        once: bool = False,
    ) -> None:
        self._dataset = context.dataset
        self._mode = context.mode or mode
        self._config = config
        self._published = published
        self._key = sha256((config.id_key or context.dataset).encode()).digest()
        self._seen: set[VehiclePosition] | None = set() if once else None

    def native_id(self, number: str) -> str:
        """What stands for a terminal or a plate: a keyed hash, 16 hex digits."""
        return blake2b(number.encode(), key=self._key, digest_size=8).hexdigest()

    def code(self, number: str) -> str:
        """The code a peer is given at registration or login, 16 hex digits: nothing to store."""
        return blake2b(
            number.encode(), key=self._key, digest_size=8, person=b"authentication"
        ).hexdigest()

    def take(
        self,
        name: str,
        parts: Sequence[bytes],
        read: Callable[[int, bytes], Sighting],
        at: datetime,
        batch: Batch,
    ) -> Reason | None:
        """Add the positions of one message of the vehicle `name`.

        The message is refused when no position in it can be used, and the first reason returned;
        a position refused beside a usable one is a note.
        """
        refused: list[Reject] = []
        for place, part in enumerate(parts):
            try:
                record = self._record(name, read(place, part), at, batch)
            except PayloadError as error:
                refused.append(Reject(error.reason, name, error.message))
            else:
                batch.records.append(record)
                batch.as_of = max(batch.as_of or record.observed_at, record.observed_at)
        if len(refused) < len(parts) or not refused:
            batch.notes.extend(refused)
            return None
        batch.rejects.append(refused[0])
        batch.notes.extend(refused[1:])
        return refused[0].reason

    def _record(self, name: str, seen: Sighting, at: datetime, batch: Batch) -> VehiclePosition:
        observed_at = self._believe(seen, at)
        lat, lon = gcj02.to_wgs84(seen.lat, seen.lon) if seen.displaced else (seen.lat, seen.lon)
        record = VehiclePosition(
            id=scoped(self._dataset, name),
            dataset=self._dataset,
            native_id=name,
            mode=self._mode,
            position=Position(lat, lon),
            observed_at=observed_at,
            bearing=seen.bearing % 360 if seen.bearing <= 360 else None,
            speed_kmh=seen.speed_kmh if seen.speed_kmh <= TOP_SPEED_KMH else None,
            taxi_state=seen.taxi_state if self._mode is Mode.TAXI else None,
            alarms=seen.alarms,
        )
        if self._seen is not None:
            if record in self._seen:
                raise PayloadError(Reason.DUPLICATE, "the same position came before.")
            self._seen.add(record)
        if record.speed_kmh is None:
            batch.note(Reason.BAD_VALUE, name, f"speed {seen.speed_kmh} km/h is left out")
        if record.bearing is None:
            batch.note(Reason.BAD_VALUE, name, f"direction {seen.bearing} is left out")
        if seen.doubt:
            batch.note(Reason.BAD_LENGTH, name, seen.doubt)
        return record

    def _believe(self, seen: Sighting, at: datetime) -> datetime:
        """The time of a position that can be used. Raises PayloadError with the reason if not."""
        if abs(seen.lat) > 90 or abs(seen.lon) > 180:
            raise PayloadError(
                Reason.POSITION_OUT_OF_RANGE, f"{seen.lat:.5f}, {seen.lon:.5f} is no place."
            )
        unfixed = not seen.fixed and self._config.unfixed == "reject"
        if unfixed or (seen.lat == 0 and seen.lon == 0):
            raise PayloadError(Reason.POSITION_NOT_FIXED, "the receiver has no fix.")
        if seen.time is None:
            raise PayloadError(Reason.TIMESTAMP_MISSING, "the time is all zeros.")
        if seen.time < self._published:
            raise PayloadError(
                Reason.TIMESTAMP_EPOCH, f"{seen.time:%Y-%m-%d} is before the standard."
            )
        if seen.time > at + AHEAD:
            ahead = (seen.time - at).total_seconds()
            raise PayloadError(Reason.TIMESTAMP_IN_FUTURE, f"{ahead:.0f} s ahead of us.")
        return seen.time
