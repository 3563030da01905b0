"""Incidents, orders and what carries them to an officer: acknowledged by a person, or escalated.

`facade.Operations` is the way in for every API; `dispatcher.Dispatcher` and
`escalation.Escalator` are the two workers that see to it that nothing rests silently.
"""
