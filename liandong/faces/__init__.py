"""The web: the console and the officer's app (两个界面), the query page and the manuals."""

from starlette.applications import Starlette
from starlette.routing import Mount

from liandong.faces.face import FACES
from liandong.faces.pages import FacePages
from liandong.faces.session import FaceSession
from mobile_api.app import EXCEPTIONS
from mobile_api.context import MobileContext


def faces(context: MobileContext) -> list[Mount]:
    """Each app at its base: its session, its files."""
    return [
        Mount(
            face.base,
            Starlette(
                routes=[*FaceSession(face, context).routes(), *FacePages(face).routes()],
                exception_handlers=EXCEPTIONS,
            ),
        )
        for face in FACES
    ]
