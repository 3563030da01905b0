"""Orders (指令): types, inputs and roots."""

from schema.operations.orders.roots import Mutation, Query, Subscription

__all__ = ["Mutation", "Query", "Subscription"]
