"""The timetables of the day: trains, metro trains and coaches as GTFS would list them."""
