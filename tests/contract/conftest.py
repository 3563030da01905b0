"""The served mobile API of `tests/mobile`, for the contract of capabilities."""

from tests.mobile.conftest import context, http

__all__ = ["context", "http"]
