"""What tests of live connections are made with."""

from datetime import timedelta

from hub import clock
from hub.model.people import Principal, Role


def somebody(name: str) -> Principal:
    """An officer who signed in just now."""
    return Principal(
        account_id=name,
        login=name,
        role=Role.OFFICER,
        unit="RPS",
        scopes=frozenset(),
        session_id=f"session-{name}",
        expires_at=clock.now() + timedelta(minutes=15),
    )
