"""Protobuf JSON in which one value is none that its field can hold: only its entity is refused."""

import json
from typing import Any

import pytest

from connectors.gtfs_rt import CONNECTOR
from hub.connector import Envelope
from hub.errors import PayloadError, Reason
from tests.connectors.gtfs_builder import NOON, context

TEXT = {"translation": [{"text": "停运", "language": "zh"}]}
SOUND = {"id": "sound", "alert": {"headerText": TEXT}}


def read(*entities: Any, **changes: Any) -> Any:
    """What a message in JSON comes to."""
    header = {"gtfsRealtimeVersion": "2.0", "timestamp": str(int(NOON.timestamp()))}
    body = json.dumps({"header": header, "entity": entities, **changes}).encode()
    return CONNECTOR.parse(Envelope(body, NOON), context())


@pytest.mark.parametrize(
    "broken",
    [
        {"id": "x", "alert": {"headerText": TEXT, "activePeriod": [{"start": "-1"}]}},
        {"id": "x", "alert": {"headerText": TEXT, "activePeriod": [{"end": -1795571400}]}},
        {"id": "x", "alert": {"headerText": TEXT, "activePeriod": "always"}},
        {"id": "x", "tripUpdate": {"trip": {"tripId": 5}}},
        {"id": "x", "tripUpdate": {"trip": {}, "stopTimeUpdate": [{"stopSequence": -1}]}},
        {"id": "x", "vehicle": {"position": {"latitude": "north", "longitude": 1}}},
        {"id": "x", "vehicle": {"timestamp": 2**70}},
    ],
)
def test_a_value_that_cannot_be_refuses_its_entity_alone(broken: dict[str, Any]) -> None:
    """The entities before and behind it are read."""
    batch = read(SOUND, broken, {**SOUND, "id": "behind"})
    assert [one.native_id for one in batch.records] == ["sound", "behind"]
    assert [(one.reason, one.native_id) for one in batch.rejects] == [(Reason.BAD_VALUE, "x")]
    assert (batch.entities, batch.accepted) == (3, 2)


@pytest.mark.parametrize(
    ("broken", "kept"),
    [
        ({"id": "a1", "alert": 7}, ["metro:a1"]),
        ({"id": 7, "alert": {"headerText": TEXT}}, ["metro:7"]),
        (
            {"id": "x", "vehicle": {"vehicle": {"id": "V1"}, "occupancy_percentage": -1}},
            ["metro:V1"],
        ),
        ({"id": "x", "vehicle": {"occupancyPercentage": -1}}, ["metro:x"]),
        (
            {"id": "x", "trip_update": {"trip": {"trip_id": "T1"}, "delay": 1.5}},
            ["metro:T1:2026-03-03", "metro:T1:2026-03-04", "metro:T1:2026-03-05"],
        ),
    ],
)
def test_an_unreadable_entity_keeps_the_records_it_can_be_of(broken: Any, kept: list[str]) -> None:
    """By the id that it would give them, on any day; the message is complete without it."""
    batch = read(SOUND, broken)
    assert (batch.kept, batch.complete, batch.unread) == (kept, True, None)


@pytest.mark.parametrize(
    "broken",
    [
        {"vehicle": {"timestamp": ""}},
        {"id": "x", "tripUpdate": {"trip": {"tripId": 5}}},
        {"id": "x", "vehicle": {"vehicle": {"id": 5}}},
        {"id": "x", "tripUpdate": 5},
        {"id": [], "alert": 5},
        {"id": "x" * 300, "alert": 5},
        {"id": "x", "isDeleted": 5},
        5,
    ],
)
def test_an_entity_of_nobody_knows_what_leaves_the_message_incomplete(broken: Any) -> None:
    """It says so; the source lists all that holds nevertheless."""
    batch = read(SOUND, broken)
    assert (batch.kept, batch.complete, batch.full) == ([], False, True)
    assert batch.unread


@pytest.mark.parametrize("broken", [5, None, "alert", [SOUND], {"alert": {"activePeriod": 7}}])
def test_what_is_no_entity_is_told_by_its_place(broken: Any) -> None:
    """The second of the message, which has no id."""
    batch = read(SOUND, broken)
    assert [(one.reason, one.native_id) for one in batch.rejects] == [
        (Reason.BAD_VALUE, "entity 2")
    ]
    assert len(batch.records) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"header": 5},
        {"header": {"gtfsRealtimeVersion": "2.0", "timestamp": -1}},
        {"header": None},
        {"entity": {"id": "x"}},
    ],
)
def test_a_message_without_a_sound_frame_is_refused(changes: dict[str, Any]) -> None:
    """Whose header or list of entities is none."""
    with pytest.raises(PayloadError) as refused:
        read(SOUND, **changes)
    assert refused.value.reason is Reason.NOT_DECODABLE
