"""Records of what is around the small network: parking, shared vehicles, lifts."""

from typing import Any

from store_builders import DATASET, NOON

from hub.model.common import Name, Position
from hub.model.facilities import FacilityCondition, FacilityStatus
from hub.model.parking import OpeningStatus, ParkingFacility, ParkingStatus, SharingStation


def garage(ref: str = "P1", **keys: Any) -> ParkingFacility:
    about: dict[str, Any] = {
        "name": Name(zh="北广场停车场", en="North Square"),
        "position": Position(31.25, 121.45),
        "capacity": 300,
    }
    return ParkingFacility(
        id=f"{DATASET}:{ref}", dataset=DATASET, native_id=ref, **{**about, **keys}
    )


def free(vacant: int | None, ref: str = "P1", at: Any = NOON, **keys: Any) -> ParkingStatus:
    return ParkingStatus(
        facility_id=f"{DATASET}:{ref}",
        dataset=DATASET,
        vacant=vacant,
        opening=OpeningStatus.OPEN,
        observed_at=at,
        **keys,
    )


def station(ref: str = "B1", at: Any = NOON, **keys: Any) -> SharingStation:
    about: dict[str, Any] = {"position": Position(31.25, 121.45), "vehicles_available": 4}
    return SharingStation(
        id=f"{DATASET}:{ref}",
        dataset=DATASET,
        native_id=ref,
        name=Name(zh="南广场单车点"),
        observed_at=at,
        **{**about, **keys},
    )


def condition(ref: str = "L1", **keys: Any) -> FacilityCondition:
    about: dict[str, Any] = {
        "status": FacilityStatus.NOT_AVAILABLE,
        "stop_place_id": f"{DATASET}:A",
        "observed_at": NOON,
    }
    return FacilityCondition(
        id=f"{DATASET}:{ref}",
        dataset=DATASET,
        native_id=ref,
        name=Name(zh="1号电梯", en="Lift 1"),
        **{**about, **keys},
    )
