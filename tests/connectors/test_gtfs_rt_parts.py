"""GTFS-Realtime beyond trip updates: header, positions, alerts, what is taken back."""

from datetime import date, timedelta

import pytest
from google.protobuf import text_format
from google.protobuf.json_format import MessageToJson
from google.transit import gtfs_realtime_pb2 as pb

from connectors.gtfs_rt import CONNECTOR, GtfsRtConfig
from hub.connector import Envelope, Incrementality
from hub.errors import PayloadError, Reason
from hub.model.common import Mode, Name, Occupancy, OccupancyStatus, Position
from hub.model.situations import Severity, Situation
from hub.model.vehicles import Carriage, VehiclePosition
from tests.connectors.gtfs_builder import (
    NOON,
    Message,
    context,
    only_journey,
    reasons,
    shanghai,
    statuses,
    stop,
    timetable,
)


@pytest.fixture(scope="module")
def reference():
    """The timetable of the builder."""
    return timetable()


def read(body: bytes, **given):
    """What the connector makes of bytes."""
    return CONNECTOR.parse(Envelope(body, NOON), context(**given))


def only(batch, kind):
    """The one record of a kind."""
    (record,) = [record for record in batch.records if isinstance(record, kind)]
    return record


# The message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\x00",
        b"{}",
        b"{",
        b"[]",
        b"garbage",
        b"<html>502</html>",
        b"\xff" * 40,
        b'{"header": 5}',
        b'{"header": {"gtfs_realtime_version": "2.0"}, "entity": 5}',
        b"{" * 100_000,
    ],
)
def test_what_is_no_feed_message_is_refused(body):
    """Bytes that are no FeedMessage with a header raise NOT_DECODABLE in one line."""
    with pytest.raises(PayloadError) as caught:
        read(body)
    assert caught.value.reason is Reason.NOT_DECODABLE
    assert "\n" not in caught.value.message


def test_json_says_the_same_as_protobuf(reference):
    """Protobuf JSON, with or without a byte order mark, gives the same batch."""
    message = Message()
    stop(message.trip("T1"), stop_sequence=1, departure=60)
    message.vehicle()
    binary = message.read(reference=reference)
    for head in (b"", b"\xef\xbb\xbf"):
        text = head + MessageToJson(message.feed).encode()
        assert read(text, reference=reference) == binary


def test_the_text_format_says_the_same_as_protobuf(reference):
    """Protobuf's text format, behind comments and with fields nobody knows, is read too."""
    message = Message()
    stop(message.trip("T1"), stop_sequence=1, departure=60)
    message.vehicle()
    text = f"# a comment\n\n{text_format.MessageToString(message.feed)}\nlater_field: 7\n"
    assert read(text.encode(), reference=reference) == message.read(reference=reference)


def test_a_broken_text_format_is_refused():
    """Text that begins as a FeedMessage and breaks off raises NOT_DECODABLE."""
    with pytest.raises(PayloadError) as caught:
        read(b'header { gtfs_realtime_version: "2.0" }\nentity { id: "1"')
    assert caught.value.reason is Reason.NOT_DECODABLE


def test_an_entity_that_cannot_be_decoded_is_refused_alone(reference):
    """Its length is told, so the next one is found; nothing is withdrawn by such a message."""
    good = Message()
    stop(good.trip("T1"), stop_sequence=1, departure=60)
    body = good.feed.SerializeToString()
    broken = b"\x12\x04\x0a\x09ab"  # an entity of 4 bytes whose id would have 9
    header = len(good.feed.header.SerializeToString()) + 2
    for made in (body + broken, body[:header] + broken + body[header:]):
        batch = read(made, reference=reference)
        assert reasons(batch.rejects) == ["NOT_DECODABLE"]
        assert only_journey(batch).native_id == "T1"
        assert (batch.entities, batch.accepted, batch.complete) == (2, 1, False)


def test_a_header_of_123_bytes_is_not_json():
    """Length byte 0x7B is `{`: a binary message whose header has that length is still binary."""
    message = Message()
    message.feed.header.feed_version = "v" * (123 - message.feed.header.ByteSize() - 2)
    body = message.feed.SerializeToString()
    assert body.startswith(b"\n{")
    assert read(body).complete


def test_an_empty_message_is_a_valid_one():
    """A feed without entities at night is complete and empty, not an error."""
    batch = Message().read()
    assert (batch.entities, batch.records, batch.complete, batch.as_of) == (0, [], True, NOON)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_known_versions_pass_without_a_word(version):
    """Versions 1.0 and 2.0 are read."""
    assert Message(version=version).read().notes == []


def test_another_version_is_noted():
    """An unknown version is read as far as it goes, and noted."""
    message = Message(version="9.9")
    message.vehicle()
    batch = message.read()
    assert reasons(batch.notes) == ["UNSUPPORTED_VERSION"]
    assert batch.accepted == 1


@pytest.mark.parametrize(
    ("incrementality", "said", "complete"),
    [
        (Incrementality.AUTO, "FULL_DATASET", True),
        (Incrementality.AUTO, "DIFFERENTIAL", False),
        (Incrementality.FULL, "DIFFERENTIAL", True),
        (Incrementality.DIFFERENTIAL, "FULL_DATASET", False),
    ],
)
def test_the_configuration_overrules_what_the_header_says(incrementality, said, complete):
    """Whether absence means anything is the feed's setting, else the header's word."""
    message = Message()
    message.feed.header.incrementality = pb.FeedHeader.Incrementality.Value(said)
    assert message.read(incrementality=incrementality).complete is complete


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (None, "TIMESTAMP_MISSING"),
        (0, "TIMESTAMP_EPOCH"),
        (3600, "TIMESTAMP_EPOCH"),
        (int(NOON.timestamp()) + 301, "TIMESTAMP_IN_FUTURE"),
        (2**64 - 1, "TIMESTAMP_IN_FUTURE"),
    ],
)
def test_a_header_time_that_cannot_be_is_replaced_by_the_time_of_receipt(seconds, reason):
    """A missing, unset or future header timestamp is noted and not believed."""
    message = Message()
    message.feed.header.ClearField("timestamp")
    if seconds is not None:
        message.feed.header.timestamp = seconds
    batch = message.read()
    assert reasons(batch.notes) == [reason]
    assert batch.as_of == NOON


def test_a_clock_five_minutes_ahead_is_believed():
    """Clocks differ: up to five minutes ahead is no fault."""
    message = Message(at=NOON + timedelta(minutes=5))
    assert message.read(at=NOON).notes == []


def test_more_entities_than_allowed_are_refused():
    """A message over the entity cap is refused as a whole."""
    message = Message()
    message.vehicle("A")
    message.vehicle("B")
    with pytest.raises(PayloadError) as caught:
        message.read(config=GtfsRtConfig(max_entities=1))
    assert caught.value.reason is Reason.TOO_LARGE


def test_entities_that_say_nothing_are_refused():
    """An empty entity, one of a kind that is not read, one without content."""
    message = Message()
    message.entity("empty")
    message.entity("shape").shape.shape_id = "s"
    message.vehicle()
    batch = message.read()
    assert reasons(batch.rejects) == ["EMPTY_ENTITY", "UNSUPPORTED_MESSAGE"]
    assert (batch.entities, batch.accepted) == (3, 1)


def test_one_entity_may_carry_several_parts(reference):
    """Trip update, position and alert of one entity are three records and one accepted entity."""
    message = Message()
    entity = message.entity("all")
    entity.trip_update.trip.trip_id = "T1"
    stop(entity.trip_update, stop_sequence=1, departure=0)
    entity.vehicle.position.latitude, entity.vehicle.position.longitude = 31.2, 121.4
    entity.alert.header_text.translation.add(text="停运", language="zh")
    batch = message.read(reference=reference)
    assert batch.counts() == {"Call": 4, "DatedJourney": 1, "Situation": 1, "VehiclePosition": 1}
    assert batch.accepted == 1


def test_a_refused_part_does_not_take_the_others_with_it():
    """An entity with a bad position and a good alert is accepted; the position is noted."""
    message = Message()
    entity = message.entity("both")
    entity.vehicle.position.latitude, entity.vehicle.position.longitude = 131.2, 121.4
    entity.alert.header_text.translation.add(text="停运", language="zh")
    batch = message.read()
    assert (batch.accepted, batch.rejects, reasons(batch.notes)) == (
        1,
        [],
        ["POSITION_OUT_OF_RANGE"],
    )


def test_unknown_extensions_are_passed_over(reference):
    """Fields the base bindings do not know lose neither the entity nor its neighbours."""
    extension = b"\xca\x3e\x04\x0a\x02XX"  # field 1001, as the New York extension uses it
    message = Message()
    update = message.trip("T1")
    stop(update, stop_sequence=1, departure=0).MergeFromString(extension)
    update.trip.MergeFromString(extension)
    message.feed.header.MergeFromString(extension)
    assert message.feed.SerializeToString().count(extension) == 3
    batch = message.read(reference=reference)
    assert (batch.accepted, batch.notes) == (1, [])
    assert only_journey(batch).native_id == "T1"


def test_text_that_is_no_utf8_is_survived(reference):
    """Ids and texts with bytes that are no UTF-8 spoil nothing else."""
    message = Message()
    stop(message.trip("ZZZZ"), stop_sequence=1, departure=0)
    message.vehicle("ZZZZ")
    message.vehicle("good")
    message.entity().alert.header_text.translation.add(text="ZZZZ", language="ZZZZ")
    body = message.feed.SerializeToString().replace(b"ZZZZ", b"\xff\xfeZZ")
    batch = read(body, reference=reference)
    assert reasons(batch.rejects) == ["UNKNOWN_TRIP"]
    assert batch.counts() == {"Situation": 1, "VehiclePosition": 2}


def test_deleted_entities_are_taken_back(reference):
    """is_deleted names a situation by entity, a vehicle by vehicle, a journey by its trip."""
    message = Message()
    message.feed.header.incrementality = pb.FeedHeader.DIFFERENTIAL
    message.entity("alert-7").is_deleted = True
    vehicle = message.entity("v")
    vehicle.is_deleted, vehicle.vehicle.vehicle.id = True, "V1"
    trip = message.entity("t")
    trip.is_deleted, trip.trip_update.trip.trip_id = True, "T1"
    lost = message.entity("x")
    lost.is_deleted, lost.trip_update.trip.trip_id = True, "GHOST"
    batch = message.read(reference=reference)
    assert batch.withdrawn == ["metro:alert-7", "metro:V1", "metro:T1:2026-03-04"]
    assert reasons(batch.rejects) == ["UNKNOWN_TRIP"]
    assert batch.records == []


# Positions


def test_a_position_keeps_its_own_time(reference):
    """A VehiclePosition is as old as it says; speed is in km/h; mode and line are the trip's."""
    message = Message()
    vehicle = message.vehicle("V1")
    vehicle.trip.trip_id = "TR7"
    vehicle.current_stop_sequence = 1
    vehicle.position.speed, vehicle.position.bearing = 10, 90
    vehicle.vehicle.label, vehicle.vehicle.license_plate = "列车 7", "沪A12345"
    vehicle.occupancy_status, vehicle.occupancy_percentage = 2, 40
    found = only(message.read(reference=reference), VehiclePosition)
    assert found.observed_at == NOON - timedelta(seconds=10)
    assert (found.id, found.label, found.bearing, found.speed_kmh) == (
        "metro:V1",
        "列车 7",
        90,
        36,
    )
    assert (found.mode, found.line_id, found.journey_id, found.stop_place_id) == (
        Mode.RAIL,
        "metro:G",
        "metro:TR7:2026-03-04",
        "metro:SHRS",
    )
    assert found.occupancy is not None
    assert (found.occupancy.status, found.occupancy.percent) == (
        OccupancyStatus.FEW_SEATS_AVAILABLE,
        40,
    )
    assert "沪A12345" not in repr(found)


def test_a_position_without_a_time_is_as_old_as_its_message():
    """Without a timestamp the header's counts; 0 is the same and noted."""
    message = Message()
    message.vehicle("A").ClearField("timestamp")
    message.vehicle("B").timestamp = 0
    batch = message.read(at=NOON + timedelta(seconds=30))
    assert {record.observed_at for record in batch.records} == {NOON}
    assert reasons(batch.notes) == ["TIMESTAMP_EPOCH"]


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(0, 0), (91, 121), (-91, 0), (31, 181), (31, -181), (float("nan"), 1), (1, float("inf"))],
)
def test_a_position_out_of_range_is_refused(lat, lon):
    """Coordinates that cannot be, and 0, 0, which means that nothing is known."""
    message = Message()
    message.vehicle("BAD", lat, lon)
    message.vehicle("GOOD")
    batch = message.read()
    assert [(reject.reason.value, reject.native_id) for reject in batch.rejects] == [
        ("POSITION_OUT_OF_RANGE", "BAD")
    ]
    assert only(batch, VehiclePosition).native_id == "GOOD"


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [(5, "TIMESTAMP_EPOCH"), (int(NOON.timestamp()) + 400, "TIMESTAMP_IN_FUTURE")],
)
def test_a_position_of_an_impossible_time_is_refused(seconds, reason):
    """A position of 1970 or of the future would be older or newer than everything true."""
    message = Message()
    message.vehicle().timestamp = seconds
    assert reasons(message.read().rejects) == [reason]


def test_the_newer_of_two_positions_is_kept():
    """One vehicle twice in a message is where it was last, and noted."""
    for order in ((10, 50), (50, 10)):
        message = Message()
        for age in order:
            vehicle = message.vehicle("V1", lat=31 + age / 1000)
            vehicle.timestamp = int(NOON.timestamp()) - age
        batch = message.read()
        found = only(batch, VehiclePosition)
        assert found.observed_at == NOON - timedelta(seconds=10)
        assert reasons(batch.notes) == ["DUPLICATE"]


def test_a_vehicle_without_an_id_goes_by_label_or_entity():
    """No id: the label, else the entity's id; never the plate."""
    message = Message()
    labelled, bare = message.vehicle(""), message.vehicle("")
    labelled.vehicle.label = "0411"
    bare.vehicle.license_plate = "沪A12345"
    assert [record.native_id for record in message.read().records] == ["0411", "e2"]


def test_a_vehicle_of_an_unknown_trip_is_still_shown(reference):
    """Where it is stays true though nobody knows its trip; that is noted."""
    message = Message()
    message.vehicle().trip.trip_id = "GHOST"
    batch = message.read(reference=reference)
    assert only(batch, VehiclePosition).journey_id is None
    assert reasons(batch.notes) == ["UNKNOWN_TRIP"]


def test_a_vehicle_without_coordinates_tells_where_its_journey_is(reference):
    """STOPPED_AT a stop: the journey of the same message has arrived there; nothing is lost."""
    message = Message()
    vehicle = message.entity().vehicle
    vehicle.trip.trip_id = "T1"
    vehicle.vehicle.id = "0411"
    vehicle.stop_id, vehicle.current_status = "SHRS-1", pb.VehiclePosition.STOPPED_AT
    stop(message.trip("T1"), stop_sequence=2, departure=60)
    batch = message.read(reference=reference)
    journey = only_journey(batch)
    assert statuses(journey) == {2: "DELAYED", 5: "ARRIVED", 9: "DELAYED"}
    assert journey.vehicle_ref == "metro:0411"
    assert (batch.accepted, reasons(batch.notes)) == (2, ["POSITION_NOT_FIXED"])


def test_a_vehicle_without_coordinates_or_journey_is_refused(reference):
    """It says nothing that can be shown: POSITION_NOT_FIXED."""
    message = Message()
    message.entity("a").vehicle.trip.trip_id = "T1"
    message.entity("b").vehicle.vehicle.id = "V1"
    batch = message.read(reference=reference)
    assert reasons(batch.rejects) == ["POSITION_NOT_FIXED", "POSITION_NOT_FIXED"]


# Alerts


def test_an_alert_is_a_situation_in_two_languages(reference):
    """Texts, periods, severity, cause, effect and what is affected, by scoped id."""
    message = Message()
    alert = message.entity("a1").alert
    alert.header_text.translation.add(text="1号线延误", language="zh-CN")
    alert.header_text.translation.add(text="Line 1 delayed", language="en-GB")
    alert.description_text.translation.add(text="信号故障")
    alert.active_period.add(start=int(NOON.timestamp()))
    alert.severity_level = pb.Alert.SEVERE
    alert.cause, alert.effect = pb.Alert.TECHNICAL_PROBLEM, pb.Alert.SIGNIFICANT_DELAYS
    alert.informed_entity.add(route_id="L1")
    alert.informed_entity.add(stop_id="SHRS-2", route_id="L1")
    alert.informed_entity.add().trip.trip_id = "T1"
    alert.informed_entity.add().trip.route_id = "G"
    found = only(message.read(reference=reference), Situation)
    assert (found.id, found.native_id) == ("metro:a1", "a1")
    assert found.summary == Name(zh="1号线延误", en="Line 1 delayed")
    assert found.description == Name(zh="信号故障")
    assert [(period.start, period.end) for period in found.validity] == [(NOON, None)]
    assert (found.severity, found.cause, found.effect) == (
        Severity.SEVERE,
        "TECHNICAL_PROBLEM",
        "SIGNIFICANT_DELAYS",
    )
    assert found.affects.lines == ("metro:L1", "metro:G")
    assert found.affects.stop_places == ("metro:SHRS",)
    assert found.affects.journeys == ("metro:T1:2026-03-04",)
    assert found.mode is Mode.METRO


def test_an_alert_for_a_named_day_is_of_that_day(reference):
    """A trip selector with a start_date names the journey of that service day."""
    message = Message()
    alert = message.entity("a1").alert
    alert.header_text.translation.add(text="停运")
    trip = alert.informed_entity.add().trip
    trip.trip_id, trip.start_date = "T1", "20260310"
    found = only(message.read(reference=reference), Situation)
    assert found.affects.journeys == (f"metro:T1:{date(2026, 3, 10)}",)


def test_an_alert_without_text_shows_its_effect():
    """An effect alone is worth showing, in both languages."""
    message = Message()
    message.entity().alert.effect = pb.Alert.NO_SERVICE
    found = only(message.read(), Situation)
    assert found.summary == Name(zh="停运", en="No service")
    assert (found.severity, found.cause) == (Severity.UNKNOWN, None)


def test_an_alert_that_says_nothing_is_refused():
    """Neither text nor effect: nothing to show."""
    message = Message()
    message.entity().alert.informed_entity.add(route_id="L1")
    assert reasons(message.read().rejects) == ["MISSING_FIELD"]


def test_a_third_language_is_better_than_silence():
    """A French text stands in where there is neither Chinese nor English."""
    message = Message()
    message.entity().alert.header_text.translation.add(text="Ligne 1 retardée", language="fr")
    assert only(message.read(), Situation).summary == Name(en="Ligne 1 retardée")


def test_bad_parts_of_an_alert_are_noted(reference):
    """A period that ends before it starts and an unknown trip are refused, the alert is kept."""
    message = Message()
    alert = message.entity("a1").alert
    alert.header_text.translation.add(text="停运")
    now = int(NOON.timestamp())
    alert.active_period.add(start=now, end=now - 60)
    alert.active_period.add(start=now, end=2**64 - 1)
    alert.informed_entity.add().trip.trip_id = "GHOST"
    batch = message.read(reference=reference)
    assert sorted(reasons(batch.notes)) == ["BAD_VALUE", "TIME_ORDER", "UNKNOWN_TRIP"]
    (period,) = only(batch, Situation).validity
    assert (period.start, period.end) == (NOON, None)


def test_a_position_is_what_the_message_says():
    """Latitude and longitude are taken as they are."""
    message = Message(at=shanghai("2026-03-04 08:00"))
    message.vehicle("V1", 31.25, 121.5)
    assert only(message.read(), VehiclePosition).position == Position(31.25, 121.5)


def test_a_vehicle_names_a_duplicated_trip_by_the_copys_id(reference):
    """In a VehiclePosition the trip_id of a DUPLICATED trip is trip_properties.trip_id."""
    message = Message()
    update = message.trip("T1", "DUPLICATED", start_date="20260304")
    update.trip_properties.trip_id = "T1-bis"
    update.trip_properties.start_date = "20260304"
    update.trip_properties.start_time = "18:00:00"
    stop(update, stop_sequence=1, departure=60)
    vehicle = message.vehicle()
    vehicle.trip.trip_id, vehicle.trip.start_date = "T1-bis", "20260304"
    vehicle.trip.schedule_relationship = pb.TripDescriptor.DUPLICATED
    batch = message.read(reference=reference)
    (position,) = [record for record in batch.records if isinstance(record, VehiclePosition)]
    assert position.journey_id == only_journey(batch).id
    assert batch.notes == []


def test_a_vehicle_past_midnight_is_on_the_journey_of_the_day_before(reference):
    """A vehicle under way that names the calendar day is on the run that is under way."""
    message = Message(at=shanghai("2026-03-05 00:07"))
    vehicle = message.vehicle()
    vehicle.trip.trip_id, vehicle.trip.start_date = "LATE", "20260305"
    batch = message.read(reference=reference)
    assert only(batch, VehiclePosition).journey_id == "metro:LATE:2026-03-04"
    assert reasons(batch.notes) == ["BAD_VALUE"]


def test_carriages_are_told_in_the_order_of_travel():
    """multi_carriage_details: by carriage_sequence, -1 per cent being no percentage at all."""
    message = Message()
    vehicle = message.vehicle()
    last = vehicle.multi_carriage_details.add(carriage_sequence=2, id="c2")
    last.occupancy_percentage = -1
    first = vehicle.multi_carriage_details.add(carriage_sequence=1, id="c1", label="Car 1")
    first.occupancy_percentage, first.occupancy_status = 85, pb.VehiclePosition.FULL
    found = only(message.read(), VehiclePosition)
    assert found.occupancy is None
    assert found.carriages == (
        Carriage(label="Car 1", occupancy=Occupancy(status=OccupancyStatus.FULL, percent=85)),
        Carriage(label="c2", occupancy=None),
    )
