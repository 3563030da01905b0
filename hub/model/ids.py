"""Scoped identifiers. `dataset` is the namespace of a feed's native ids."""

from datetime import date


def scoped(dataset: str, native: str) -> str:
    """Id of a stop place, quay, line, vehicle or situation: `dataset:native`."""
    return f"{dataset}:{native}"


def journey_id(dataset: str, ref: str, service_date: date) -> str:
    """Id of a dated journey: `dataset:ref:YYYY-MM-DD`, the date being the service day."""
    return f"{dataset}:{ref}:{service_date.isoformat()}"


def call_id(journey: str, order: int) -> str:
    """Id of a call: the journey and the visit's order (loops visit a stop place twice)."""
    return f"{journey}#{order}"
