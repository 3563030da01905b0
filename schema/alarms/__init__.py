"""Alarms (告警): what calls for a person to act."""
