"""The state machine of MDS 2.0 passenger-services, and what it means for a taxi.

Source: MDS 2.0, modes/passenger-services, "Vehicle States Events" (normative table).
"""

from collections.abc import Iterable

from hub.errors import Reason
from hub.formats.common.xml import Fault
from hub.model.vehicles import TaxiState

_LOSABLE = ("available", "elsewhere", "non_operational", "on_trip", "removed", "reserved")
_CANCELLED = ("driver_cancellation", "passenger_cancellation", "provider_cancellation")

TO_STATES: dict[str, frozenset[str]] = {
    "comms_lost": frozenset({"non_contactable"}),
    "comms_restored": frozenset({*_LOSABLE, "stopped"}),
    "decommissioned": frozenset({"removed"}),
    "maintenance": frozenset({"non_operational"}),
    "maintenance_end": frozenset({"non_operational"}),
    "maintenance_pick_up": frozenset({"removed"}),
    "recommissioned": frozenset({"non_operational"}),
    "reservation_start": frozenset({"reserved"}),
    "reservation_stop": frozenset({"stopped"}),
    "service_end": frozenset({"non_operational"}),
    "service_start": frozenset({"available"}),
    "trip_end": frozenset({"available"}),
    "trip_enter_jurisdiction": frozenset({"available", "non_operational", "on_trip", "reserved"}),
    "trip_leave_jurisdiction": frozenset({"elsewhere"}),
    "trip_resume": frozenset({"on_trip"}),
    "trip_start": frozenset({"on_trip"}),
    "trip_stop": frozenset({"stopped"}),
    **dict.fromkeys(_CANCELLED, frozenset({"available"})),
}
"""The states each event leads to, whatever state it came from."""

TAXI_STATES = {
    "available": TaxiState.AVAILABLE,
    "reserved": TaxiState.RESERVED,
    "on_trip": TaxiState.ON_TRIP,
    "stopped": TaxiState.STOPPED,
    "non_operational": TaxiState.NON_OPERATIONAL,
    "removed": TaxiState.NON_OPERATIONAL,
    "non_contactable": TaxiState.UNKNOWN,
    "elsewhere": TaxiState.UNKNOWN,
}
"""Every vehicle_state of the mode. Out of contact or jurisdiction, nobody knows what it does."""


def taxi_state(
    vehicle_state: str | None, event_types: Iterable[str]
) -> tuple[TaxiState, list[Fault]]:
    """What a taxi does after an event, and what was wrong with how that was said.

    The state that is given counts, also against its event; such a pair is a fault. Without one it
    is the state the last event leads to, if that is only one.
    """
    events = tuple(event_types)
    faults = [
        Fault(Reason.BAD_VALUE, f"event_type {event[:40]!r} is none of this mode")
        for event in events
        if event not in TO_STATES
    ]
    reached = TO_STATES.get(events[-1], frozenset()) if events else frozenset()
    if vehicle_state is None:
        state = next(iter(reached)) if len(reached) == 1 else None
        faults.append(Fault(Reason.MISSING_FIELD, f"no vehicle_state; {state or 'unknown'}"))
        return TAXI_STATES.get(state or "", TaxiState.UNKNOWN), faults
    if vehicle_state not in TAXI_STATES:
        faults.append(
            Fault(Reason.BAD_VALUE, f"vehicle_state {vehicle_state[:40]!r} is none of this mode")
        )
        return TaxiState.UNKNOWN, faults
    if events and not any(vehicle_state in TO_STATES.get(event, ()) for event in events):
        said = ", ".join(event[:40] for event in events[:5])
        faults.append(Fault(Reason.BAD_VALUE, f"{said} does not lead to {vehicle_state}"))
    return TAXI_STATES[vehicle_state], faults
