"""TransXChange: coach and bus stops, lines and the journeys of yesterday, today and tomorrow."""

from connectors.transxchange.connector import CONNECTOR, load_reference

__all__ = ["CONNECTOR", "load_reference"]
