"""The token service of a process, made from its settings."""

from hub.access.keys import load_signing_key, signing_key_path
from hub.access.tokens import Tokens
from hub.settings import Settings
from hub.store.driver import Store
from hub.store.motor_side import RateLimiter


def tokens_for(store: Store, settings: Settings, *, embedded: bool) -> Tokens:
    """The token service of a process. Raises StartError when the signing key is not usable."""
    key = load_signing_key(signing_key_path(settings))
    return Tokens(store, settings.access, key, limiter=RateLimiter(store), embedded=embedded)
