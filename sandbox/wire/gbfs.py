"""GBFS 2.3 and 3.0: the documents of one bicycle sharing system, by name.

2.3 has a list of documents for each language and times in seconds; 3.0 has one list, times in
RFC 3339 and texts as lists of languages.
"""

from typing import Any, Literal

from hub.model.common import Name
from sandbox.facilities import BIKE_STATIONS, bicycles, loose_bicycles, measured
from sandbox.timetable.day import stamp

Version = Literal["2.3", "3.0"]
TTL = 30
LANGUAGES = ("zh", "en")
_COMMON = ("system_information", "vehicle_types", "station_information", "station_status")
NAMES: dict[Version, tuple[str, ...]] = {
    "2.3": (*_COMMON, "free_bike_status"),
    "3.0": (*_COMMON, "vehicle_status"),
}
BICYCLE = "bicycle"


class System:
    """The system at a moment, in one version."""

    def __init__(self, version: Version, now: float, seed: int) -> None:
        self.version = version
        self._now = now
        self._seed = seed

    def index(self, base: str) -> dict[str, Any]:
        """gbfs.json; `base` is the address its documents lie under."""
        if self.version == "3.0":
            return self._document({"feeds": self._listed(base)})
        return self._document(
            {language: {"feeds": self._listed(f"{base}/{language}")} for language in LANGUAGES}
        )

    def named(self, name: str, language: str) -> dict[str, Any] | None:
        """A document by its name; None if this version has none such."""
        if name not in NAMES[self.version]:
            return None
        data: dict[str, Any]
        match name:
            case "system_information":
                data = self._system(language)
            case "vehicle_types":
                form = {"form_factor": "bicycle", "propulsion_type": "human"}
                data = {"vehicle_types": [{"vehicle_type_id": BICYCLE, **form}]}
            case "station_information":
                data = {"stations": [self._station(n, language) for n in range(len(BIKE_STATIONS))]}
            case "station_status":
                data = {"stations": [self._status(n) for n in range(len(BIKE_STATIONS))]}
            case _:
                key = "vehicles" if self.version == "3.0" else "bikes"
                data = {key: self._vehicles()}
        return self._document(data)

    def _document(self, data: dict[str, Any]) -> dict[str, Any]:
        head = {"last_updated": self._time(self._now), "ttl": TTL, "version": self.version}
        return {**head, "data": data}

    def _listed(self, base: str) -> list[dict[str, str]]:
        return [{"name": name, "url": f"{base}/{name}.json"} for name in NAMES[self.version]]

    def _system(self, language: str) -> dict[str, Any]:
        name = Name("站区共享单车", "Station area bicycles")
        tongue: Any = {"languages": list(LANGUAGES)}
        if self.version != "3.0":
            tongue = {"language": language}
        return {
            "system_id": "station-bikes",
            **tongue,
            "name": self._words(name, language),
            "timezone": "Asia/Shanghai",
        }

    def _station(self, number: int, language: str) -> dict[str, Any]:
        station = BIKE_STATIONS[number]
        return {
            "station_id": station.id,
            "name": self._words(station.name, language),
            "lat": station.lat,
            "lon": station.lon,
            "capacity": station.docks,
        }

    def _status(self, number: int) -> dict[str, Any]:
        station = BIKE_STATIONS[number]
        there = bicycles(station, self._now, self._seed)
        counted = "num_vehicles_available" if self.version == "3.0" else "num_bikes_available"
        return {
            "station_id": station.id,
            counted: there,
            "num_docks_available": station.docks - there,
            "is_installed": True,
            "is_renting": True,
            "is_returning": True,
            "last_reported": self._time(measured(self._now)),
        }

    def _vehicles(self) -> list[dict[str, Any]]:
        key = "vehicle_id" if self.version == "3.0" else "bike_id"
        return [
            {
                key: identifier,
                "lat": round(lat, 6),
                "lon": round(lon, 6),
                "is_reserved": False,
                "is_disabled": False,
                "vehicle_type_id": BICYCLE,
                "last_reported": self._time(measured(self._now)),
            }
            for identifier, lat, lon in loose_bicycles(self._now, self._seed)
        ]

    def _time(self, at: float) -> int | str:
        if self.version == "3.0":
            return stamp(int(at)).isoformat()
        return int(at)

    def _words(self, name: Name, language: str) -> str | list[dict[str, str]]:
        texts = {"zh": name.zh or "", "en": name.en or ""}
        if self.version == "3.0":
            return [{"text": text, "language": tongue} for tongue, text in texts.items()]
        return texts.get(language, name.best)
