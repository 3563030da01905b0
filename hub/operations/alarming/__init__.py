"""Alarming (告警机制): what a person has to act on, said once while it holds and no longer.

One mechanism for every capability that declares a `Condition`: an alarm is raised in the
transaction that makes its condition so, or by the keeper where nothing is written, and cleared by
the keeper, which asks the condition again.
"""
