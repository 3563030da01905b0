"""What can be set for a JT/T 905 feed."""

from typing import Literal

from pydantic import Field

from hub.connector import TcpServerConfig


class Jtt905Config(TcpServerConfig):
    """`[feeds.options]` of kind jtt905.

    `id_key` keys the hash that stands for a terminal's ISU id. Without it the key is the dataset's
    name: ids are stable, and whoever knows the dataset and guesses an ISU id can confirm it; set
    it in service. `unfixed = "accept"` is for terminals that set status bit 0 against the standard.
    With `require_authentication` a terminal must give the code of its registration first.
    """

    coordinates: Literal["wgs84", "gcj02"] = "wgs84"
    id_key: str | None = Field(default=None, min_length=16)
    unfixed: Literal["reject", "accept"] = "reject"
    require_authentication: bool = False
