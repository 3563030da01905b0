"""NeTEx (CEN/TS 16614): timetables and places."""
