"""GTFS Schedule: stop places, quays, lines and the journeys of yesterday, today and tomorrow."""

from connectors.gtfs.connector import CONNECTOR, GtfsConfig, load_reference

__all__ = ["CONNECTOR", "GtfsConfig", "load_reference"]
