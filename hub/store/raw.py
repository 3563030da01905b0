"""The raw collections of feed data: their names and the indexes their readers need."""

from pymongo import ASCENDING, DESCENDING, GEOSPHERE, IndexModel

STOP_PLACES = "stop_places"
LINES = "lines"
JOURNEYS = "journeys"
CALLS = "calls"
SITUATIONS = "situations"
VEHICLES = "vehicles"
TAXI_RANKS = "taxi_ranks"
PARKING_FACILITIES = "parking_facilities"
SHARING_STATIONS = "sharing_stations"
FACILITY_CONDITIONS = "facility_conditions"
FEEDS = "feeds"
RAW_MESSAGES = "raw_messages"
RAW_ARRIVALS = "raw_arrivals"
ID_MAPPINGS = "id_mappings"
REJECTS = "rejects"
RESUME = "resume"
LEASES = "leases"
PROCESSES = "processes"
HISTORY_CHAPTERS = "history_chapters"
HISTORY_BLOCKS = "history_blocks"

DAY = 86_400


def indexes(raw_days: int) -> dict[str, list[IndexModel]]:
    """Indexes by collection; raw messages are kept for `raw_days` days."""
    return {
        CALLS: [
            _index("stop_place.id", "board.departure", "_id"),
            _index("stop_place.id", "board.arrival", "_id"),
            _index("journey.id"),
            _index("dataset", "journey.service_date"),
        ],
        JOURNEYS: [
            _index("dataset", "service_date"),
            _index("dataset", "projection", "_id"),
            _index("timetable.feed", "service_date"),
            _index("realtime.feed"),
            _index("line.id", "service_date", "starts_at", "_id"),
            _sparse("contested"),
        ],
        STOP_PLACES: [_index("feed"), _index("quays.id")],
        LINES: [_index("feed"), _index("stop_places")],
        SITUATIONS: [
            _index("feed"),
            _index("affects.stop_places"),
            _index("affects.lines"),
            _index("affects.journeys"),
            _sparse("contested"),
            IndexModel([("closed_at", ASCENDING)], expireAfterSeconds=DAY),
        ],
        VEHICLES: [
            _index("feed"),
            _sparse("contested"),
            IndexModel([("location", GEOSPHERE)]),
            IndexModel([("observed_at", ASCENDING)], expireAfterSeconds=DAY),
        ],
        PARKING_FACILITIES: [
            _index("feed"),
            _index("status.feed"),
            _sparse("contested"),
            _sparse("status.contested"),
            IndexModel([("location", GEOSPHERE)]),
        ],
        SHARING_STATIONS: [
            _index("feed"),
            _sparse("contested"),
            IndexModel([("location", GEOSPHERE)]),
        ],
        FACILITY_CONDITIONS: [_index("feed"), _sparse("contested"), _index("stop_place_id")],
        LEASES: [IndexModel([("kept_until", ASCENDING)], expireAfterSeconds=0)],
        RAW_MESSAGES: [
            IndexModel([("feed", ASCENDING), ("received_at", DESCENDING)]),
            IndexModel([("received_at", ASCENDING)], expireAfterSeconds=raw_days * DAY),
        ],
        ID_MAPPINGS: [
            _index("scoped_id", "state"),
            _index("canonical_id", "state"),
            _index("state", "dataset", "_id"),
        ],
        RAW_ARRIVALS: [
            _index("feed", "n"),
            IndexModel([("at", ASCENDING)], expireAfterSeconds=raw_days * DAY),
        ],
        HISTORY_CHAPTERS: [_index("at")],
        HISTORY_BLOCKS: [_index("chapter", "at"), _index("at")],
        REJECTS: [
            IndexModel([("feed", ASCENDING), ("at", DESCENDING)]),
            IndexModel([("at", ASCENDING)], expireAfterSeconds=DAY),
        ],
    }


def _index(*keys: str) -> IndexModel:
    return IndexModel([(key, ASCENDING) for key in keys])


def _sparse(key: str) -> IndexModel:
    """An index of the few documents that have the field."""
    return IndexModel([(key, ASCENDING)], sparse=True)
