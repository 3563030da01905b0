"""Pure records in the words of Transmodel, GTFS, SIRI and CAD. No I/O, no clock, no database.

Times are aware `datetime`s in UTC; durations are in the unit the name says; positions are WGS-84
degrees. Ids are scoped by dataset (`ids.py`): a bare native id never leaves a connector.
"""
