"""NeTEx: stop places, quays, lines and the journeys of yesterday, today and tomorrow."""

from connectors.netex.connector import CONNECTOR, load_reference

__all__ = ["CONNECTOR", "load_reference"]
