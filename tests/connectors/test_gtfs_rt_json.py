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
