"""Walls (大屏): screens of the centre that show and do nothing, and who has let them.

How a screen asks, and is given its session, is `hub/access/walls.py`.
"""

from hub.operations.capability import Capability

CAPABILITY = Capability(
    acts=("wall.approved", "wall.refused", "wall.ended"),
    codes={
        "WALL_ANSWERED": (
            "该请求已有答复",
            "Somebody has answered it: a code is good for one answer.",
        ),
        "WALL_CODE": (
            "没有显示此代码的大屏",
            "No screen shows this code now: read it again, it changes every ten minutes.",
        ),
        "WALL_GUESSES": ("输错次数过多", "Too many codes that no screen shows: wait a minute."),
    },
)
