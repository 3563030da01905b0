"""The shape of what goes over the mobile API's wire: JSON in camelCase, times in RFC 3339."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel


def moment(at: datetime | None) -> str | None:
    """RFC 3339, UTC, milliseconds as MongoDB keeps them."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Instant = Annotated[datetime, PlainSerializer(moment, when_used="json")]


ID: Any = Field(description="as GraphQL takes it too, wherever an id of this kind is asked for")


class Message(BaseModel):
    """Base of everything on this wire; unknown fields are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, extra="forbid", allow_inf_nan=False
    )

    def wire(self) -> dict[str, Any]:
        """As it is sent, and kept in an inbox."""
        return self.model_dump(mode="json", by_alias=True)
