"""What vehicles show of where they go."""

from typing import TYPE_CHECKING

from hub.model.people import Scope
from schema.projection import Entity, Row, computed, entity, named, stored

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.TRANSIT_READ


@entity(policy=READ)
class DestinationDisplay(Entity):
    """What the front of a vehicle shows (目的地显示)."""

    front_text: str | None = named("front", "Where it goes, Chinese first", zh="目的地")
    front_text_zh: str | None = stored("front.zh", "Where it goes, in Chinese", zh="中文目的地")
    front_text_en: str | None = stored("front.en", "Where it goes, in English", zh="英文目的地")

    @computed(needs=("via",), zh="途经")
    def via(self, _context: "SchemaContext") -> list[str]:
        """Places named beside it, Chinese first."""
        return via_of(self.doc)


def via_of(doc: Row) -> list[str]:
    """The places a document names as its way, Chinese first."""
    return [name.get("zh") or name.get("en") for name in doc.get("via") or ()]
