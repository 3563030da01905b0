"""What subscriptions have in common: the event type, and who executes them."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from schema.live.source import SOURCES, ChangeType, LiveSource
from schema.policy import SIGNED_IN, Policy
from schema.projection import described, root, value

T = TypeVar("T")


@value(policy=SIGNED_IN)
class Event(Generic[T]):
    """One event of a subscription (变更): an upsert of a node, harmless to see twice."""

    cursor: str = described("Pass the last one seen as `after` to resume", zh="游标")
    change: ChangeType = described("What happened to the node", zh="变更类型")
    node: T | None = described("The node after the change; null with RESET", zh="内容")


def live(policy: Policy, text: str, source: LiveSource, *, zh: str) -> Callable[..., Any]:
    """A subscription field fed by `source`; the method gives its arguments and type, and no rows.

    Subscriptions are executed by `schema.live`, once per group: the resolver is never asked.
    """

    def decorate(method: Callable[..., Any]) -> Any:  # noqa: ANN401
        field = root(policy, text, zh=zh, subscription=True)(method)
        name, *rest = method.__name__.split("_")
        SOURCES[name + "".join(part.title() for part in rest)] = source
        return field

    return decorate
