"""What a wall (大屏) can show."""

from enum import StrEnum


class WallPage(StrEnum):
    """A page of a wall (大屏页面)."""

    MAP_AND_BOARDS = "MAP_AND_BOARDS"
    TAXIS_AND_PARKING = "TAXIS_AND_PARKING"
    ALARMS_AND_ORDERS = "ALARMS_AND_ORDERS"
