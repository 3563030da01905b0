"""The connector for MDS passenger-services: taxis and where they wait."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from connectors.mds.taxis import add_status, add_trips
from connectors.snapshot import Entry, Snapshot, fault_of, newest
from hub.connector import (
    Batch,
    Connector,
    ConnectorConfig,
    Context,
    Envelope,
    Link,
    Manifest,
    Request,
    Transport,
)
from hub.errors import Reason, reasons
from hub.formats import mds
from hub.formats.common.bundle import unpack
from hub.formats.common.xml import Fault
from hub.formats.mds import Stop
from hub.model.common import Mode
from hub.model.ids import scoped
from hub.model.network import StopPlace, StopPlaceKind

_REGISTERED = Fault(Reason.UNSUPPORTED_MESSAGE, "registered; nothing is said of where it is")


class MdsConfig(ConnectorConfig):
    """Keys of `[feeds.options]` for an MDS feed."""

    version: Literal["1.2", "2.0"] = Field(
        default="2.0",
        description="MDS version asked for in the Accept header, without which a provider must "
        "answer as 0.2; the newest that is read",
    )


def request(context: Context, _now: datetime) -> Request:
    """A GET that names the version: without it a provider must answer as version 0.2."""
    version = context.config.version if isinstance(context.config, MdsConfig) else "2.0"
    return Request(headers=(("Accept", f"application/vnd.mds+json;version={version}"),))


def follow_up(raw: Envelope, _context: Context) -> tuple[Link, ...]:
    """The page after this one."""
    page = mds.next_page(raw.body)
    return (Link("next", page),) if page else ()


def parse(raw: Envelope, context: Context) -> Batch:
    """Taxis of /vehicles/status, taxi ranks of /stops, and the trips of /trips that still last.

    An entity is a vehicle, a status, a trip or a stop. Vehicles of /vehicles and trips that are
    over say nothing of where a taxi is now: they yield a note and no record. `as_of` is
    last_updated, else the newest time of a vehicle.

    Raises PayloadError: TOO_LARGE, NOT_DECODABLE, UNSUPPORTED_MESSAGE.
    """
    answer = mds.decode(unpack(raw.body))
    fixes = [fix for status in answer.statuses for fix in (status.telemetry, status.event)]
    said_at = answer.last_updated or newest((fix.at for fix in fixes), raw)
    snapshot = Snapshot(raw, context, said_at)
    for fault in answer.faults:
        snapshot.note(fault.reason, "header", fault.detail)
    for version in sorted(answer.versions):
        if not version.startswith(mds.MAJORS):
            snapshot.note(
                Reason.UNSUPPORTED_VERSION, "header", f"version {version[:20]}; read as 2.0"
            )
    for device_id in answer.vehicles:
        if device_id is None:
            snapshot.refuse(Reason.MISSING_FIELD, None, "a vehicle without a device_id")
        else:
            snapshot.take("registration", Entry(device_id, (), faults=(_REGISTERED,)))
    for status in answer.statuses:
        add_status(snapshot, status, context)
    add_trips(snapshot, answer.trips, context)
    for stop in answer.stops:
        _add_stop(snapshot, stop, context.dataset)
    positions = not answer.trips and not answer.vehicles
    return snapshot.finish(whole=positions and answer.last and not answer.faults)


def _add_stop(snapshot: Snapshot, stop: Stop, dataset: str) -> None:
    native_id = stop.stop_id
    if out := fault_of(stop.faults, Reason.POSITION_OUT_OF_RANGE):
        snapshot.refuse(out.reason, native_id, out.detail)
        return
    fields = {"id": native_id, "name": stop.name, "position": stop.position}
    missing = [name for name, value in fields.items() if value is None]
    if native_id is None or stop.name is None or stop.position is None:
        snapshot.refuse(Reason.MISSING_FIELD, native_id, f"a stop without {', '.join(missing)}")
        return
    record = StopPlace(
        id=scoped(dataset, native_id),
        dataset=dataset,
        native_id=native_id,
        name=stop.name,
        position=stop.position,
        kind=StopPlaceKind.TAXI_RANK,
        modes=(Mode.TAXI,),
    )
    snapshot.take("stop", Entry(native_id, (record,), faults=stop.faults))


CONNECTOR = Connector(
    manifest=Manifest(
        kind="mds",
        standard="MDS 2.0 passenger-services (Open Mobility Foundation)",
        modes=frozenset({Mode.TAXI}),
        transport=Transport.POLL,
        fresh_for=timedelta(seconds=90),
        expires_after=timedelta(minutes=5),
        reads="/vehicles/status and /stops with their pages; /trips that still last; /vehicles; "
        "a Geography of type stop",
        drops="drivers, fares, passengers, addresses, ends and ways of trips; vehicle_id, which "
        "may be a licence plate; vehicle attributes",
        refuses=reasons(
            "BAD_VALUE DUPLICATE EMPTY_ENTITY MISSING_FIELD NOT_DECODABLE POSITION_OUT_OF_RANGE "
            "TIMESTAMP_EPOCH TIMESTAMP_IN_FUTURE TIMESTAMP_MISSING TOO_LARGE "
            "UNSUPPORTED_MESSAGE UNSUPPORTED_VERSION"
        ),
        config=MdsConfig,
    ),
    parse=parse,
    request=request,
    follow_up=follow_up,
    samples=("mds/stop.json",),
)
