"""What of access a process is made of, from its settings."""

from hub.access.keys import load_signing_key, signing_key_path
from hub.access.sealing import Sealer
from hub.access.tokens import Tokens
from hub.settings import Settings
from hub.store.driver import Store
from hub.store.motor_side import RateLimiter


def tokens_for(store: Store, settings: Settings, *, embedded: bool) -> Tokens:
    """The token service of a process. Raises StartError when the signing key is not usable."""
    key = load_signing_key(signing_key_path(settings))
    return Tokens(store, settings.access, key, limiter=RateLimiter(store), embedded=embedded)


def sealer_for(store: Store, settings: Settings, owner: str) -> Sealer:
    """The sealer of the audit log. Raises StartError as `tokens_for` does."""
    return Sealer(store, load_signing_key(signing_key_path(settings)), owner)
