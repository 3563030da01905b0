"""The words a field's policy is written in."""

from enum import Enum
from typing import Final

from hub.model.people import Scope


class SignedIn(Enum):
    """A field that says nothing by itself: anybody with a valid token may read it."""

    ANY = "signed-in"


SIGNED_IN: Final = SignedIn.ANY
Policy = Scope | SignedIn
