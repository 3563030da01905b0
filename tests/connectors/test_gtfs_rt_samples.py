"""GTFS connectors on real feeds; expected figures come from the samples' own documentation."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from google.protobuf import text_format
from google.transit import gtfs_realtime_pb2 as pb

from connectors.gtfs_rt import CONNECTOR, GtfsRtConfig
from hub.connector import Envelope
from hub.errors import PayloadError, Reason
from hub.formats.gtfs.realtime import split
from hub.model.common import Mode
from hub.model.journeys import DatedJourney, JourneyState
from hub.model.situations import Situation
from hub.model.vehicles import VehiclePosition
from hub.settings import samples_dir
from tests.connectors.gtfs_builder import NOON, context, read_gtfs, reasons, timetable

pytestmark = pytest.mark.samples


def sample(name: str) -> bytes:
    """A sample's bytes; skips where the folder is absent."""
    file = samples_dir() / name
    if not file.exists():
        pytest.skip(f"sample {name} is not there (set LIANDONG_SAMPLES)")
    return file.read_bytes()


def read(name: str, static: str | None = None, **given):
    """A real-time sample, received five seconds after its own timestamp."""
    body = sample(f"gtfs-rt/{name}")
    return read_body(body, static, **given)


def read_body(body: bytes, static: str | None = None, **given):
    """Bytes of a message, received five seconds after its own timestamp."""
    at = datetime.fromtimestamp(split(body)[0].timestamp, UTC) + timedelta(seconds=5)
    reference = None
    if static:
        envelope = Envelope(sample(f"gtfs/{static}"), at)
        reference = CONNECTOR.load_reference(envelope, context())
    return CONNECTOR.parse(Envelope(body, at), context(reference=reference, **given))


def text_sample(name: str) -> bytes:
    """A sample in protobuf's text format, as bytes of the wire."""
    message = text_format.Parse(sample(f"gtfs-rt/{name}").decode(), pb.FeedMessage())
    return message.SerializeToString()


def journeys(batch):
    """Journeys of a batch by native id."""
    return {
        record.native_id: record for record in batch.records if isinstance(record, DatedJourney)
    }


def test_caltrain_matches_its_timetable():
    """All 19 trips and 220 stops of the pair match, and every journey is of 7 November."""
    batch = read("caltrain-trip-updates.pb", "caltrain-2023.zip")
    assert (batch.entities, batch.accepted) == (19, 19)
    assert (batch.matched_journeys, batch.matched_stops) == (19, 220)
    assert (batch.rejects, batch.notes) == ([], [])
    assert {journey.service_date for journey in journeys(batch).values()} == {date(2023, 11, 7)}
    assert batch.as_of == datetime(2023, 11, 8, 1, 5, 34, tzinfo=UTC)


def test_caltrain_says_what_its_publishers_own_dump_says():
    """Every predicted time equals the one in the independent JSON dump beside the file."""
    found = journeys(read("caltrain-trip-updates.pb", "caltrain-2023.zip"))
    dump = json.loads(sample("gtfs-rt/caltrain-trip-updates.pb.json"))
    compared = 0
    for entity in dump["entity"]:
        update = entity.get("trip_update") or entity["tripUpdate"]
        trip = update["trip"]
        journey = found[trip.get("trip_id") or trip["tripId"]]
        calls = {call.order: call for call in journey.calls}
        for stop in update.get("stop_time_update") or update["stopTimeUpdate"]:
            call = calls[int(stop.get("stop_sequence") or stop["stopSequence"])]
            for end in ("arrival", "departure"):
                if stop.get(end):
                    told = datetime.fromtimestamp(int(stop[end]["time"]), UTC)
                    assert told in {getattr(call.expected, end), getattr(call.actual, end)}
                    compared += 1
    assert compared > 400


def test_caltrain_as_json_is_the_same():
    """The publisher's JSON and protobuf give the same records."""
    binary = read("caltrain-trip-updates.pb", "caltrain-2023.zip")
    text = read("caltrain-trip-updates.pb.json", "caltrain-2023.zip")
    assert text.records == binary.records
    assert (text.matched_journeys, text.matched_stops) == (19, 220)


def test_caltrain_trains_are_placed_on_their_journeys():
    """14 trains, each on a journey of the timetable, at its own time."""
    batch = read("caltrain-vehicle-positions.pb", "caltrain-2023.zip")
    vehicles = [record for record in batch.records if isinstance(record, VehiclePosition)]
    assert (batch.accepted, len(vehicles)) == (14, 14)
    assert {vehicle.mode for vehicle in vehicles} == {Mode.RAIL}
    assert all(vehicle.journey_id.endswith(":2023-11-07") for vehicle in vehicles)


def test_caltrains_alerts_are_empty_and_valid():
    """A feed of 15 bytes without entities is complete."""
    batch = read("caltrain-service-alerts.pb")
    assert (batch.entities, batch.complete, batch.notes) == (0, True, [])


def test_caltrains_nights_are_service_days():
    """134 stop times lie at or past 24:00; they are of the small hours of the next day.

    The samples' manifest counts 969, because compared as text "5:00:00" comes after "24:00:00".
    """
    body = sample("gtfs/caltrain-2023.zip")
    trips = timetable(body).trips.values()
    late = [row for trip in trips for row in trip.calls if (row.departure_s or 0) >= 86_400]
    assert len(late) == 134
    batch = read_gtfs(body, at=datetime(2023, 11, 8, 20, tzinfo=UTC))
    zone = ZoneInfo("America/Los_Angeles")
    nights = [
        call.aimed.departure.astimezone(zone)
        for journey in journeys_of(batch)
        for call in journey.calls
        if call.aimed.departure.astimezone(zone).date() > journey.service_date
    ]
    assert nights
    assert all(left.hour < 4 for left in nights)
    assert (batch.entities, batch.accepted, batch.notes) == (9 + 176 + 109, 294, [])


def journeys_of(batch):
    """All journeys of a batch."""
    return [record for record in batch.records if isinstance(record, DatedJourney)]


def test_new_york_loses_nothing():
    """285 trips, 6,109 stop times, 174 trains without coordinates, one alert: all accepted."""
    batch = read("nyc-subway-a_division.pb", mode=Mode.METRO, timezone=ZoneInfo("America/New_York"))
    assert (batch.entities, batch.accepted) == (460, 460)
    assert batch.counts() == {"Call": 6109, "DatedJourney": 285, "Situation": 1}
    assert Counter(reasons(batch.notes)) == {"POSITION_NOT_FIXED": 174}
    standing = Counter(call.status.value for j in journeys_of(batch) for call in j.calls)
    assert standing["ARRIVED"] >= 76


def test_king_county_positions_are_as_old_as_they_say():
    """Of 627 positions 70 are older than 90 seconds: freshness is per record."""
    batch = read("kcm-vehicles-1531Z.pb", mode=Mode.BUS)
    asked = datetime(2021, 9, 2, 15, 31, 56, tzinfo=UTC)
    ages = [asked - record.observed_at for record in batch.records]
    assert (batch.accepted, len(ages)) == (627, 627)
    assert sum(age > timedelta(seconds=90) for age in ages) == 70


def test_bart_adds_and_cancels():
    """Of BART's four trips one is scheduled, one added under an id nobody knows."""
    batch = read("BA-added.json", "bart-2018.zip")
    assert (batch.entities, batch.accepted, batch.matched_stops) == (4, 4, 41)
    found = journeys(batch)
    assert found["-123"].state is JourneyState.ADDED
    assert found["-123"].calls[0].stop_place_id == "metro:DALY"
    assert found["-123"].destination.en == "Warm Springs/South Fremont"
    assert found["1011630WKDY"].state is JourneyState.PLANNED
    assert {call.status.value for call in found["1011630WKDY"].calls} == {"ON_TIME"}


def test_a_trip_caltrain_has_under_another_id_is_found_by_its_times():
    """Its 16 stops, and times less delays, are those of trip 261: a note says so."""
    batch = read("CT-missing-trip.json", "caltrain-2018.zip")
    assert list(journeys(batch)) == ["261"]
    assert (batch.matched_journeys, batch.matched_stops) == (1, 16)
    assert [(note.reason, note.native_id) for note in batch.notes] == [
        (Reason.UNKNOWN_TRIP, "261-missing")
    ]


def test_a_trip_caltrain_does_not_have_is_refused():
    """A scheduled trip that is not in the timetable is one reject, UNKNOWN_TRIP."""
    ids = GtfsRtConfig(match="ids")
    batch = read("CT-missing-trip.json", "caltrain-2018.zip", config=ids)
    assert (batch.entities, batch.accepted) == (1, 0)
    assert [(reject.reason, reject.native_id) for reject in batch.rejects] == [
        (Reason.UNKNOWN_TRIP, "261-missing")
    ]
    assert read("CT-missing-trip.json").accepted == 1


def test_a_dutch_trip_is_cancelled():
    """A cancellation without a timetable and without stops still cancels its journey."""
    (journey,) = journeys_of(read("mmri-3e-canceled.pb", timezone=ZoneInfo("Europe/Amsterdam")))
    assert journey.id == "metro:3e|1:2014-01-01"
    assert journey.state is JourneyState.CANCELLED


def test_an_invalid_message_is_refused():
    """17 bytes that are no message raise PayloadError."""
    with pytest.raises(PayloadError) as caught:
        CONNECTOR.parse(Envelope(sample("gtfs-rt/invalid.pb"), NOON), context())
    assert caught.value.reason is Reason.NOT_DECODABLE


def test_the_specifications_alert_is_read():
    """The reference's example alert: period, two routes, two stops, construction, detour."""
    batch = read_body(text_sample("alerts.asciipb"))
    (situation,) = [record for record in batch.records if isinstance(record, Situation)]
    assert situation.affects.lines == ("metro:219", "metro:100")
    assert situation.affects.stop_places == ("metro:16230", "metro:16299")
    assert (situation.cause, situation.effect) == ("CONSTRUCTION", "DETOUR")
    assert situation.summary.en.startswith("Stop at Elm street is closed")
    assert situation.validity[0].end == datetime.fromtimestamp(1284468072, UTC)


def test_the_specifications_trip_updates_are_read():
    """The reference's example updates are two journeys, without a timetable as told."""
    batch = read_body(text_sample("trip-updates-full.asciipb"))
    assert (batch.entities, batch.accepted) == (2, 2)
    missing = (3, 2)  # none of the updates names a stop: nothing is left of either
    assert reasons(batch.notes) == [
        reason for count in missing for reason in (*["MISSING_FIELD"] * count, "EMPTY_ENTITY")
    ]


@pytest.mark.parametrize(
    ("name", "at", "entities"),
    [
        ("bart-2018.zip", "2018-05-30", 6 + 2525 + 50),
        ("caltrain-2018.zip", "2018-05-30", 6 + 185 + 64),
        ("flytoget-2018.zip", "2018-08-28", 3 + 264 + 71),
    ],
)
def test_real_timetables_are_read_without_a_reject(name, at, entities):
    """Every trip, stop and route of three operators is accepted, and trains run on the day."""
    moment = datetime.fromisoformat(at).replace(hour=12, tzinfo=UTC)
    batch = read_gtfs(sample(f"gtfs/{name}"), at=moment)
    assert (batch.entities, batch.accepted, batch.notes) == (entities, entities, [])
    assert batch.counts()["DatedJourney"] > 200


def test_flytoget_is_rail_by_its_extended_route_type():
    """Route type 101 is rail; platforms hang under stations."""
    batch = read_gtfs(sample("gtfs/flytoget-2018.zip"), at=datetime(2018, 8, 28, 12, tzinfo=UTC))
    assert {journey.mode for journey in journeys_of(batch)} == {Mode.RAIL}
    assert batch.counts()["StopPlace"] == 10
    assert batch.counts()["Quay"] == 61


def test_a_dataset_with_errors_is_read_around_them():
    """A stop at -100, -200 and a route of an unknown agency are noted; nothing else suffers."""
    batch = read_gtfs(sample("gtfs/example-errors.zip"), at=datetime(2008, 5, 3, tzinfo=UTC))
    assert (batch.entities, batch.accepted) == (25, 25)
    assert [(note.reason.value, note.native_id) for note in batch.notes] == [
        ("POSITION_OUT_OF_RANGE", "NADAV"),
        ("BAD_VALUE", "AAMV"),
    ]


def test_fourteen_bytes_are_no_timetable():
    """A file that is no zip raises PayloadError."""
    with pytest.raises(PayloadError) as caught:
        read_gtfs(sample("gtfs/invalid.zip"))
    assert caught.value.reason is Reason.NOT_DECODABLE
