"""The static reference of real-time feeds: whichever standard the timetable is in."""

import pytest

from connectors.static import load_reference as load_static
from hub.connector import Envelope
from hub.errors import PayloadError
from tests.connectors import netex_builder
from tests.connectors.gtfs_builder import zipped as gtfs_zipped
from tests.connectors.txc_builder import WEDNESDAY, context, document


def test_real_time_feeds_take_any_timetable_as_their_static_reference():
    """GTFS, NeTEx and TransXChange are told apart by what is in the file."""
    found = {
        name: load_static(Envelope(body, WEDNESDAY), context())
        for name, body in (
            ("gtfs", gtfs_zipped()),
            ("netex", netex_builder.whole()),
            ("netex zip", netex_builder.zipped(a=netex_builder.whole())),
            ("transxchange", document()),
        )
    }
    assert found["gtfs"].trip("TR7") is not None
    assert found["netex"].trip("X:ServiceJourney:1") is not None
    assert found["netex zip"].trip("X:ServiceJourney:1") is not None
    assert found["transxchange"].trip("VJ1") is not None
    with pytest.raises(PayloadError):
        load_static(Envelope(b"<html/>", WEDNESDAY), context())
