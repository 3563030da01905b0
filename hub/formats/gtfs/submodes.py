"""Extended route types as NeTEx's submodes.

Source: Google's extended GTFS route types, which follow the Hierarchical Vehicle Type codes; NeTEx
Rail-, Coach-, Metro-, Bus-, Tram- and WaterSubmodeEnumeration.
"""

_SUBMODES = {
    101: "highSpeedRail",
    102: "longDistance",
    103: "interregionalRail",
    105: "nightRail",
    106: "regionalRail",
    107: "touristRailway",
    108: "railShuttle",
    109: "suburbanRailway",
    201: "internationalCoach",
    202: "nationalCoach",
    203: "shuttleCoach",
    204: "regionalCoach",
    207: "touristCoach",
    208: "commuterCoach",
    401: "metro",
    402: "tube",
    403: "urbanRailway",
    701: "regionalBus",
    702: "expressBus",
    704: "localBus",
    705: "nightBus",
    707: "specialNeedsBus",
    708: "mobilityBus",
    710: "sightseeingBus",
    711: "shuttleBus",
    712: "schoolBus",
    714: "railReplacementBus",
    715: "demandAndResponseBus",
    901: "cityTram",
    902: "localTram",
    903: "regionalTram",
    904: "sightseeingTram",
    905: "shuttleTram",
    1001: "internationalCarFerry",
    1002: "nationalCarFerry",
    1003: "regionalCarFerry",
    1004: "localCarFerry",
    1005: "internationalPassengerFerry",
    1008: "localPassengerFerry",
}


def submode_of(route_type: int | None) -> str | None:
    """The submode a route_type names; None for basic types and for those without one."""
    return None if route_type is None else _SUBMODES.get(route_type)
