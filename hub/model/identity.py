"""One object, several ids: which native id of one dataset names the object another one knows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.model.ids import scoped


class IdScheme(StrEnum):
    """What sort of object the ids name."""

    STOP_PLACE = "STOP_PLACE"


class MatchMethod(StrEnum):
    """What a mapping rests on. EXACT: the same native id in both datasets. MANUAL: a person."""

    EXACT = "EXACT"
    NAME = "NAME"
    POSITION = "POSITION"
    MANUAL = "MANUAL"


class MappingState(StrEnum):
    """Only a CONFIRMED mapping has any effect; a REJECTED one is not proposed again."""

    PROPOSED = "PROPOSED"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdMapping:
    """That a native id of a dataset names the object with a canonical id (NeTEx KeyValue, siteRef).

    `canonical_id` is the scoped id of an object of another dataset. The mapping holds for
    valid_from <= time < valid_to, open where None. `confidence` is 0 to 1.
    """

    scheme: IdScheme = IdScheme.STOP_PLACE
    dataset: str
    native_id: str
    canonical_id: str
    method: MatchMethod
    confidence: float
    state: MappingState = MappingState.PROPOSED
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    @property
    def scoped_id(self) -> str:
        """The id that is mapped, `dataset:native`."""
        return scoped(self.dataset, self.native_id)

    @property
    def id(self) -> str:
        """Names the pair: one mapping for each, whatever its state."""
        return f"{self.scheme}:{self.scoped_id}={self.canonical_id}"
