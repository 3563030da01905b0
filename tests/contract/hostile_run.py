"""The hostile run: every sample mutilated, and bombs, read in this one process and measured.

`python -m tests.contract.hostile_run [KIND ...]` writes a line of JSON for each sort of payload:
what it was, what came of it, how long it took, and by how much memory grew while it was read. A
child process runs it, so that a peak is the connectors' own and a crash is seen as one.
"""

import asyncio
import ctypes
import gc
import gzip
import io
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from zipfile import ZipFile

from google.transit import gtfs_realtime_pb2

from connectors import REGISTRY, connector
from hub.connector import MAX_BYTES, Batch, Context, Envelope
from hub.errors import PayloadError
from hub.ingest.body import inflated, paced, pieces
from tests.contract import bombs, zip_bombs
from tests.contract.bombs import Bomb
from tests.contract.mutations import (
    NOW,
    bit_flips,
    context_of,
    is_xml,
    readable,
    sample,
    truncations,
)
from tests.contract.soundness import explained, survive

EMPTIED = "emptied"
"""A payload that is no whole message, and would withdraw all that was known."""
GZIP = "http gzip"
"""Not a kind: a compressed body, polled or pushed, before any connector sees it."""
_TABLES = {"gtfs": "stop_times.txt", "netex": "line.xml", "transxchange": "timetable.xml"}
_CAPTURES = {"jtt808", "jtt809", "jtt905"}
_BUNDLES = {"gbfs", "mds", "parkapi"}


@dataclass(frozen=True)
class Line:
    """What came of payloads of one sort: each one's outcome, the most CPU seconds, the MB."""

    kind: str
    what: str
    outcomes: tuple[str, ...]
    seconds: float
    grown: float


def mutilated(name: str, body: bytes, other: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A sample cut off at fifty places, with bits turned, and glued to itself and to another."""
    yield f"{name}: cut off", list(truncations(body))
    yield f"{name}: a bit turned", list(bit_flips(body, seed=len(name)))
    yield f"{name}: twice", [body * 2]
    yield f"{name}: with another", [body + b"\x00trailing", body + other, other + body]


def bombs_for(kind: str, bodies: dict[str, bytes]) -> Iterator[Bomb]:
    """Every bomb that is worth trying on a kind, put into one small sample of each of its forms."""
    forms = {_form(kind, body): body for body in sorted(bodies.values(), key=len, reverse=True)}
    if kind.startswith("siri"):
        forms["json"] = bombs.lite()
    for form, body in forms.items():
        yield from _within(kind, form, body)
    smallest = min(bodies.values(), key=len)
    yield from bombs.in_table(smallest)
    if kind in _BUNDLES:
        yield from bombs.in_bundle(smallest)


def _form(kind: str, body: bytes) -> str:
    if body.startswith(b"PK"):
        return "zip"
    if is_xml(body):
        return "xml"
    if body.lstrip(b"\xef\xbb\xbf \r\n").startswith((b"{", b"[")) and kind != "gtfs_rt":
        return "json"
    if kind == "gtfs_rt":
        return "json" if body.startswith(b"{") else "protobuf"
    return "capture"


def _within(kind: str, form: str, body: bytes) -> Iterator[Bomb]:
    if form == "xml":
        yield from bombs.in_xml(body)
    elif form == "json":
        yield from bombs.in_json(body)
    elif form == "protobuf":
        yield from bombs.in_protobuf(body)
    elif form == "capture":
        yield from bombs.in_capture(body)
    if kind in _TABLES:
        yield from zip_bombs.in_zip(_files(kind, body), _TABLES[kind])


def _files(kind: str, body: bytes) -> dict[str, bytes]:
    if not body.startswith(b"PK"):
        return {_TABLES[kind]: body}
    with ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def references(kind: str) -> Iterator[Bomb]:
    """Bombs behind a feed's static_url."""
    if kind in _TABLES or connector(kind).load_reference is None:
        return
    yield "static: a zip bomb of tables", lambda: zip_bombs.zeros_in("stops.txt")
    yield "static: a zip bomb of XML", lambda: zip_bombs.zeros_in("a.xml")
    yield "static: a million elements", lambda: b"<a>" + b"<a/>" * bombs.MILLION + b"</a>"
    yield "static: a million lists", lambda: b"[" + b"[]," * bombs.MILLION + b"[]]"


class Meter:
    """Measures by how much the memory of this process grows at most during one piece of work."""

    def __init__(self) -> None:
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None)

    def grown(self, work: Callable[[], None]) -> float:
        """Megabytes above what was held before."""
        gc.collect()
        if self._trim is not None:
            self._trim(0)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        before = self._status("VmRSS")
        work()
        return (self._status("VmHWM") - before) / 1024

    def _status(self, name: str) -> int:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        found = re.search(rf"{name}:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1])


def _outcome(work: Callable[[], Batch | None]) -> str:
    try:
        batch = work()
    except PayloadError as refusal:
        explained(refusal)
        return f"refused: {refusal.reason}"
    except BaseException as error:  # noqa: BLE001  # the run goes on, and the test reports it
        return f"raised {type(error).__name__}: {str(error)[:200]}"
    if batch is None:
        return "refused"
    if batch.complete and not batch.entities:
        return EMPTIED
    return f"read {batch.accepted} of {batch.entities}"


def _parsed(kind: str, context: Context, body: bytes) -> str:
    outcome = _outcome(lambda: survive(kind, body, context))
    if outcome == EMPTIED and kind == "gtfs_rt" and _is_whole(body):
        return "read 0 of 0"
    return outcome


def _is_whole(body: bytes) -> bool:
    """Whether a FeedMessage is valid by the word of another decoder: a part of one may be whole."""
    message = gtfs_realtime_pb2.FeedMessage()
    message.ParseFromString(body)
    return message.IsInitialized() and not message.entity


def _loaded(kind: str, context: Context, body: bytes) -> str:
    load = connector(kind).load_reference

    def work() -> None:
        assert load is not None
        load(Envelope(body, NOW, "contract"), context)

    return _outcome(work)


def _unpacked(body: bytes) -> str:
    async def work() -> None:
        await inflated(paced(pieces(body)), MAX_BYTES)

    return _outcome(lambda: asyncio.run(work()))


class Run:
    """Reads payloads, many of one sort as one piece of work, and reports a line for each sort."""

    def __init__(self) -> None:
        self._meter = Meter()

    def report(self, kind: str, what: str, read: Callable[[bytes], str], *bodies: bytes) -> None:
        """What came of each body, the longest one's seconds of CPU, the growth over all of them."""
        outcomes: list[str] = []
        slowest = 0.0

        def work() -> None:
            nonlocal slowest
            for body in bodies:
                start = time.process_time()
                outcomes.append(read(body))
                slowest = max(slowest, time.process_time() - start)

        grown = self._meter.grown(work)
        line = Line(kind, what, tuple(outcomes), slowest, grown)
        sys.stdout.write(json.dumps(asdict(line)) + "\n")
        sys.stdout.flush()

    def kind(self, kind: str) -> None:
        """Samples as they are, mutilated, and bombs in their place."""
        # without a reference: what is kept from one message to the next is no growth
        context = context_of(kind, with_static=False)
        parsed, loaded = partial(_parsed, kind, context), partial(_loaded, kind, context)
        bodies = {name: sample(name) for name in readable(kind)}
        names = list(bodies)
        for body in bodies.values():
            parsed(body)
        gc.collect()
        gc.freeze()  # what is loaded by now need not be looked through again and again
        for place, name in enumerate(names):
            for what, changed in mutilated(name, bodies[name], bodies[names[place - 1]]):
                self.report(kind, what, parsed, *changed)
        for what, make in bombs_for(kind, bodies):
            self.report(kind, what, parsed, make())
        for what, make in references(kind):
            self.report(kind, what, loaded, make())

    def gzip(self) -> None:
        """Compressed bodies."""
        good = zip_bombs.gzip_bomb(bombs.MILLION)
        self.report(GZIP, "good", _unpacked, good)
        self.report(GZIP, "cut off", _unpacked, *truncations(good))
        self.report(GZIP, "a bit turned", _unpacked, *bit_flips(good, seed=1))
        self.report(GZIP, "a bomb", _unpacked, zip_bombs.gzip_bomb())
        self.report(GZIP, "a hundred bombs", _unpacked, zip_bombs.gzip_bomb() * 100)
        self.report(GZIP, "many empty members", _unpacked, gzip.compress(b"") * 1_000_000)
        self.report(GZIP, "a bomb in a gzip", _unpacked, gzip.compress(zip_bombs.gzip_bomb()))


if __name__ == "__main__":
    run = Run()
    for each in sys.argv[1:] or sorted(REGISTRY):
        run.kind(each)
    run.gzip()
