"""The contract every connector in the registry keeps, whatever bytes it is given."""

import socket
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from connectors import REGISTRY, connector
from hub import clock
from hub.connector import Batch, Transport, options_of
from hub.errors import PayloadError, Reason
from hub.model.journeys import DatedJourney
from hub.model.network import Line, Quay, StopPlace
from hub.model.parking import ParkingStatus
from tests.contract.hollow import hollowed
from tests.contract.mutations import (
    NOW,
    OPTIONS,
    context_of,
    doubled,
    garbage,
    is_xml,
    parse,
    readable,
    sample,
    samples_of,
    with_doctype,
)
from tests.contract.soundness import id_of, sound, survive, unexplained

KINDS = sorted(REGISTRY)
LAUGHS = "<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {name} '{f'&{before};' * 10}'>"
    for before, name in zip("abcdefgh", "bcdefghx", strict=True)
)
SILENT = {
    **dict.fromkeys(("gtfs", "netex", "transxchange"), "trips that do not run in these three days"),
    **dict.fromkeys(("jtt808", "jtt809"), "frames that keep a connection: log-in, heartbeat"),
}
"""Kinds with entities that rightly give nothing, and which these are."""
DOCTYPES = {
    "plain": "<!DOCTYPE Siri>",
    "external file": '<!DOCTYPE Siri [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
    "external host": '<!DOCTYPE Siri [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]>',
    "parameter entity": '<!DOCTYPE Siri [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]>',
    "billion laughs": f"<!DOCTYPE Siri [{LAUGHS}]>",
}


@pytest.fixture(autouse=True)
def no_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within these tests there is no network, and asking the hub for the time is an error."""

    def refuse(*_args: object, **_kwargs: object) -> None:
        pytest.fail("a connector's parse reached for the world outside")

    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(clock._Clock, "source", staticmethod(refuse))


@pytest.mark.parametrize("kind", KINDS)
def test_a_connector_is_what_its_registry_line_says(kind: str) -> None:
    """Every registered kind can be imported, is named by its manifest and describes itself."""
    found = connector(kind)
    manifest = found.manifest
    assert manifest.kind == kind
    assert manifest.standard
    assert manifest.reads
    assert manifest.drops
    assert manifest.modes
    assert timedelta(0) < manifest.fresh_for <= manifest.expires_after
    assert found.samples, "the contract suite has nothing to work with"
    assert (manifest.transport is Transport.TCP_SERVER) == (found.open_session is not None)
    options_of(manifest, OPTIONS.get(kind, {}))


@pytest.mark.parametrize("kind", KINDS)
def test_garbage_is_refused_with_a_reason_or_rejected_entity_by_entity(kind: str) -> None:
    """No bytes make a connector raise anything but PayloadError, and none yield a record."""
    for body in garbage(seed=1):
        batch = survive(kind, body)
        assert batch is None or not batch.records


@pytest.mark.parametrize("kind", KINDS)
def test_empty_bytes_are_no_empty_feed(kind: str) -> None:
    """Nothing at all is never read as a complete feed without entities."""
    batch = survive(kind, b"")
    assert batch is None or not batch.complete


@pytest.mark.samples
@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_is_read(kind: str) -> None:
    """A connector reads its samples, with and without a static reference."""
    for name, body in samples_of(kind):
        batch = survive(kind, body)
        assert batch is not None, name
        assert batch.entities, name
        bare = parse(connector(kind), body, context_of(kind, with_static=False))
        assert isinstance(bare, Batch)
        sound(bare)


@pytest.mark.samples
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_accepted_is_empty(kind: str) -> None:
    """An entity that was accepted gives a record that says something, or a note that it does not.

    Also where its producer leaves a value out everywhere, or writes "unknown" for it.
    """
    for name in readable(kind):
        body = sample(name)
        for done, payload in (("as it is", body), *hollowed(body)):
            batch = survive(kind, payload)
            if batch is None:
                continue
            empty, silent = unexplained(batch)
            assert not empty, (name, done)
            assert kind in SILENT or not silent, (name, done)


@pytest.mark.samples
@pytest.mark.parametrize("kind", KINDS)
def test_an_entity_said_twice_is_taken_once(kind: str) -> None:
    """Everything twice gives the same records as once; what is over is rejected as DUPLICATE."""
    for name, body in samples_of(kind):
        once, twice = survive(kind, body), survive(kind, doubled(kind, body))
        assert once is not None
        assert twice is not None
        assert [*map(id_of, twice.records)] == [*map(id_of, once.records)]
        duplicates = sum(reject.reason is Reason.DUPLICATE for reject in twice.rejects)
        assert duplicates or not once.accepted, name
        assert twice.accepted <= once.accepted, name


@pytest.mark.samples
@pytest.mark.parametrize("kind", KINDS)
def test_what_has_not_happened_yet_is_not_observed(kind: str) -> None:
    """Read a year before it was made, a payload gives no record observed in the future."""
    for name, body in samples_of(kind):
        batch = survive(kind, body)
        assert batch is not None
        early = (batch.as_of or NOW) - timedelta(days=366)
        before = parse(connector(kind), body, context_of(kind), at=early)
        assert isinstance(before, Batch)
        sound(before, early)
        for record in before.records:
            observed = getattr(record, "observed_at", None)
            assert observed is None or observed <= early + timedelta(minutes=5), name


@pytest.mark.samples
@pytest.mark.parametrize("kind", KINDS)
def test_parse_is_a_function_of_its_arguments(kind: str) -> None:
    """The same bytes and context give the same batch, whatever the machine's clock reads."""
    for name, body in samples_of(kind):
        with time_machine.travel(datetime(2001, 1, 1, tzinfo=UTC), tick=False):
            first = parse(connector(kind), body, context_of(kind))
        with time_machine.travel(datetime(2031, 7, 1, 12, tzinfo=UTC), tick=False):
            second = parse(connector(kind), body, context_of(kind))
        assert first == second, name


@pytest.mark.samples
@pytest.mark.parametrize("doctype", DOCTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_doctype_is_refused_unread(kind: str, doctype: str) -> None:
    """No DOCTYPE passes, not even a harmless one, in any encoding; no entity is ever resolved."""
    bodies = [(name, body) for name, body in samples_of(kind) if is_xml(body)]
    if not bodies:
        pytest.skip(f"{kind} is not XML")
    for name, body in bodies:
        attack = with_doctype(body, DOCTYPES[doctype])
        for encoded in (attack, attack.decode().encode("utf-16")):
            with pytest.raises(PayloadError) as caught:
                parse(connector(kind), encoded, context_of(kind))
            assert caught.value.reason is Reason.DTD_FORBIDDEN, name


@pytest.mark.samples
@pytest.mark.parametrize("kind", KINDS)
def test_a_connector_names_everything_in_its_dataset(kind: str) -> None:
    """No bare native id leaves a connector: every id is scoped by the dataset."""
    for _, body in samples_of(kind):
        batch = survive(kind, body)
        assert batch is not None
        for record in batch.records:
            assert record.dataset == "contract"
            if isinstance(record, DatedJourney):
                assert all(call.stop_place_id.startswith("contract:") for call in record.calls)
            elif not isinstance(record, StopPlace | Quay | Line | ParkingStatus):
                assert record.native_id
