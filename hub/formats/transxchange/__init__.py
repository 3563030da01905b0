"""TransXChange 2.1 to 2.4: timetables of Great Britain."""
