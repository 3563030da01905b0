"""Incidents (事件、警情): types, inputs and roots."""

from schema.operations.incidents.roots import Mutation, Query, Subscription

__all__ = ["Mutation", "Query", "Subscription"]
