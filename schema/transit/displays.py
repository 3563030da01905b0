"""What vehicles show of where they go."""

from typing import TYPE_CHECKING

from hub.model.people import Scope
from schema.languages import Language, said
from schema.projection import Entity, Row, entity, named, spoken

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.TRANSIT_READ


@entity(policy=READ)
class DestinationDisplay(Entity):
    """What the front of a vehicle shows (目的地显示)."""

    front_text: str | None = named("front", "Where it goes", zh="目的地")

    @spoken(needs=("via",), zh="途经")
    def via(self, _context: "SchemaContext", language: Language) -> list[str]:
        """Places named beside it."""
        return via_of(self.doc, language)


def via_of(doc: Row, language: Language) -> list[str]:
    """The places a document names as its way."""
    return [name for via in doc.get("via") or () if (name := said(via, language))]
