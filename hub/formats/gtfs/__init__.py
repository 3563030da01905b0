"""GTFS Schedule and GTFS Realtime."""
