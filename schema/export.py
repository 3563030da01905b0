"""The schema as text, for clients, gateways and the test that guards it."""

from graphql import lexicographic_sort_schema, print_schema

from schema.root import build_schema, graphql_schema


def sdl(*, federation: bool = False) -> str:
    """The schema in SDL; with `federation`, as the subgraph a gateway composes."""
    schema = build_schema()
    if federation:
        return schema.as_str() + "\n"
    return print_schema(lexicographic_sort_schema(graphql_schema(schema))) + "\n"
