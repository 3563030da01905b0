"""Alarms (告警): conditions a person has to act on, said where a person looks.

Each is raised in the transaction that makes its condition so (`raising`), or by the keeper where
nothing is written (`keeper`), and cleared by the keeper once the condition has ended, whatever
ended it. Acknowledging (`acknowledging`) says who sees to it, and ends nothing.
"""
