"""Asking (征询): people are asked something, and what they answer, or do not, is never lost.

One machine for any subject: a ledger for each who is asked, a timer that is a row, a wake-up, the
next person or a reminder when nobody answers, and the end. Orders and bulletins are subjects.
"""
