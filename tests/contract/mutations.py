"""What the contract suite does to a payload, and how it builds the context to parse it in."""

import io
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

import pytest
from google.transit import gtfs_realtime_pb2

from connectors import connector
from hub.connector import Connector, Context, Envelope, Incrementality, options_of
from hub.settings import samples_dir

NOW = datetime(2024, 1, 1, tzinfo=UTC)
"""Later than every sample."""
STATIC = {
    "gtfs_rt": "gtfs/caltrain-2023.zip",
    "siri_et": "gtfs/flytoget-2018.zip",
}
"""The timetable that belongs to a kind's samples; other kinds are parsed without one."""
PROJECT = Path(__file__).parents[2]
OPTIONS: dict[str, dict[str, object]] = {
    "mapped": {
        "record": "parking",
        "items": "$.lots[*]",
        "as_of": "$.last_updated",
        "fields": {
            "id": "$.name",
            "name": "$.name",
            "lat": "$.coords.lat",
            "lon": "$.coords.lng",
            "capacity": "$.total",
            "vacant": "$.free",
            "opening": {
                "from": "$.state",
                "values": {"open": "OPEN", "closed": "CLOSED", "nodata": "UNKNOWN"},
            },
        },
    }
}
"""Options of kinds that cannot be read without any."""
MORE: dict[str, tuple[str, ...]] = {
    "gbfs": ("gbfs/helsinki-v2-gbfs.json", "gbfs/dupstations-v3-gbfs.json"),
    "gtfs_rt": (
        "gtfs-rt/caltrain-trip-updates.pb.json",
        "gtfs-rt/caltrain-vehicle-positions.pb.json",
        "gtfs-rt/caltrain-service-alerts.pb",
        "gtfs-rt/CT-missing-trip.json",
        "gtfs-rt/BA-added.json",
        "gtfs-rt/mmri-3e-canceled.pb",
    ),
}
"""Samples of a kind that its connector does not name: other forms, or nothing to double in them."""


def sample_path(name: str) -> Path:
    """Where a sample lies: an example of our own, or in the samples folder.

    Skips the test where that folder is absent.
    """
    if name.startswith("connectors/"):
        return PROJECT / name
    folder = samples_dir()
    if not folder.is_dir():
        pytest.skip(f"no sample feeds at {folder} (LIANDONG_SAMPLES)")
    return folder / name


def sample(name: str) -> bytes:
    """A sample's bytes; skips the test where the samples folder is absent."""
    return sample_path(name).read_bytes()


def samples_of(kind: str) -> list[tuple[str, bytes]]:
    """Name and bytes of every sample a connector names."""
    return [(name, sample(name)) for name in connector(kind).samples]


def readable(kind: str) -> list[str]:
    """Names of all samples that a kind reads: those the connector names, and more of its forms."""
    return [*connector(kind).samples, *MORE.get(kind, ())]


@cache
def context_of(kind: str, *, with_static: bool = True) -> Context:
    """A context as a feed of that kind would have it, with its static reference if one is known."""
    found = connector(kind)
    context = Context(
        feed_id="contract",
        dataset="contract",
        mode=None,
        timezone=ZoneInfo("Asia/Shanghai"),
        incrementality=Incrementality.AUTO,
        config=options_of(found.manifest, OPTIONS.get(kind, {})),
    )
    if with_static and kind in STATIC and found.load_reference and samples_dir().is_dir():
        static = Envelope(sample(STATIC[kind]), NOW, Path(STATIC[kind]).name)
        return replace(context, reference=found.load_reference(static, context))
    return context


def truncations(body: bytes, places: int = 50) -> Iterator[bytes]:
    """The body cut off at places evenly spread, the last one a byte before its end."""
    for place in range(places):
        yield body[: len(body) * place // places]
    yield body[:-1]


def bit_flips(body: bytes, seed: int) -> Iterator[bytes]:
    """The body with one bit turned, at seeded places; fewer of a large body, for time's sake."""
    source = random.Random(seed)
    for _ in range(max(4, 50 - len(body) // 2_000)):
        turned = bytearray(body)
        turned[source.randrange(len(body))] ^= 1 << source.randrange(8)
        yield bytes(turned)


def garbage(seed: int) -> Iterator[bytes]:
    """Bytes that no standard ever wrote."""
    source = random.Random(seed)
    yield from (
        b"",
        b"\x00",
        b"\xff" * 64,
        b"{",
        b"[]",
        b"null",
        b"<",
        b"<a/>",
        b"PK\x03\x04",
        b"~~",
    )
    yield "班次".encode("utf-16")
    yield b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>"
    for size in (1, 7, 100, 5_000):
        yield source.randbytes(size)


def is_xml(body: bytes) -> bool:
    """Whether a sample is XML."""
    return body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")


def with_doctype(body: bytes, doctype: str) -> bytes:
    """An XML document with a DOCTYPE before its root and a reference to entity x inside it."""
    text = re.sub(r"<\?xml[^>]*\?>", "", body.decode("utf-8-sig"), count=1)
    root = re.search(r"<(?![!?])[^>]*>", text)
    assert root is not None
    return f"{doctype}{text[: root.end()]}&x;{text[root.end() :]}".encode()


def doubled(kind: str, body: bytes) -> bytes:
    """The same payload with every entity in it twice."""
    return _DOUBLE[kind](body)


def _double_siri(name: bytes) -> Callable[[bytes], bytes]:
    entity = re.compile(rb"<(" + name + rb")[ >].*?</\1>", re.DOTALL)
    return lambda body: entity.sub(lambda found: found[0] * 2, body)


def _double_protobuf(body: bytes) -> bytes:
    if body.startswith(b"{"):  # not stripped: a protobuf may begin with a line feed and a brace
        return _double_protobuf_json(body)
    message = gtfs_realtime_pb2.FeedMessage.FromString(body)
    message.entity.extend(list(message.entity))
    return message.SerializeToString()


def _double_protobuf_json(body: bytes) -> bytes:
    message = json.loads(body)
    message["entity"] *= 2
    return json.dumps(message).encode()


def _double_trips(body: bytes) -> bytes:
    out = io.BytesIO()
    with ZipFile(io.BytesIO(body)) as before, ZipFile(out, "w", ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name.endswith("trips.txt"):
                content = content.rstrip() + b"\n" + content.partition(b"\n")[2]
            after.writestr(name, content)
    return out.getvalue()


def _double_list(*path: str) -> Callable[[bytes], bytes]:
    def double(body: bytes) -> bytes:
        document = json.loads(body)
        inner = document
        for name in path[:-1]:
            inner = inner[name]
        inner[path[-1]] *= 2
        return json.dumps(document).encode()

    return double


def _double_lines(body: bytes) -> bytes:
    return body.rstrip() + b"\n" + body.partition(b"\n")[2]


def _double_listed(key: str) -> Callable[[bytes], bytes]:
    def double(body: bytes) -> bytes:
        payload = json.loads(body)
        payload[key] *= 2
        return json.dumps(payload).encode()

    return double


def _double_alerts(body: bytes) -> bytes:
    text = re.sub(rb"<\?xml[^>]*\?>", b"", body.removeprefix(b"\xef\xbb\xbf"), count=1)
    entity = re.compile(rb"<((?:cap:)?alert)[ >].*?</\1>", re.DOTALL)
    return b"<alerts>" + entity.sub(lambda found: found[0] * 2, text) + b"</alerts>"


_DOUBLE: dict[str, Callable[[bytes], bytes]] = {
    "mds": _double_list("geography", "geography_json", "features"),
    "parkapi": _double_list("lots"),
    "datex2_parking": _double_siri(b"(?:ns2:)?parking(?:Record|RecordStatus|Facility)"),
    "gbfs": _double_list("data", "stations"),
    "cap": _double_alerts,
    "coach_profile": _double_listed("departures"),
    "gtfs": _double_trips,
    "mapped": _double_listed("lots"),
    "gtfs_rt": _double_protobuf,
    "jtt808": _double_lines,
    "jtt809": _double_lines,
    "jtt905": _double_lines,
    "netex": _double_siri(b"(?:StopPlace|Line|ServiceJourney)"),
    "transxchange": _double_siri(b"VehicleJourney"),
    "siri_et": _double_siri(b"EstimatedVehicleJourney"),
    "siri_fm": _double_siri(b"FacilityCondition"),
    "siri_sm": _double_siri(b"MonitoredStopVisit"),
    "siri_sx": _double_siri(b"(?:Pt|Road)SituationElement"),
    "siri_vm": _double_siri(b"VehicleActivity"),
}
"""How to say everything twice in each standard. A new connector adds its own line."""


def moments(value: object) -> Iterator[datetime]:
    """Every datetime anywhere inside a record."""
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from moments(item)
    elif is_dataclass(value):
        for part in fields(value):
            yield from moments(getattr(value, part.name))


def parse(found: Connector, body: bytes, context: Context, at: datetime = NOW) -> object:
    """The connector's parse of a body that arrived at a moment."""
    return found.parse(Envelope(body, at, "contract"), context)
