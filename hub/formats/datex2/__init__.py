"""DATEX II parking publications, versions 2 and 3."""
