"""From the fields an operation selects to what the database is asked for."""

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
)

from schema.projection import Info, Projection, ResolveInfo, declaration


def project(resolved: Info, *always: str) -> dict[str, int]:
    """The MongoDB projection for the fields selected below this one, with `always` and `_id`.

    What an operation selects does not change: the answer is kept with the prepared document.
    """
    info: ResolveInfo = resolved._raw_info  # noqa: SLF001  # strawberry's costs ten times
    memo: dict[int, dict[str, int]] = info.context.memory.selections
    node = info.field_nodes[0]
    found = memo.get(id(node))
    if found is None:
        paths = {"_id", *always}
        for each in info.field_nodes:
            if each.selection_set:
                _collect(info, get_named_type(info.return_type), each.selection_set, "", paths)
        found = memo[id(node)] = dict.fromkeys(_without_nested(paths), 1)
    return found


def _collect(
    info: ResolveInfo,
    type_: GraphQLNamedType | None,
    selections: SelectionSetNode,
    prefix: str,
    paths: set[str],
) -> None:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            field = getattr(type_, "fields", {}).get(node.name.value)
            if field is not None:
                _collect_field(info, field, node, prefix, paths)
            continue
        spread = info.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        if isinstance(spread, FragmentDefinitionNode | InlineFragmentNode):
            condition = spread.type_condition
            on = info.schema.get_type(condition.name.value) if condition else type_
            _collect(info, on, spread.selection_set, prefix, paths)


def _collect_field(
    info: ResolveInfo, field: GraphQLField, node: FieldNode, prefix: str, paths: set[str]
) -> None:
    declared = declaration(field) or Projection()
    paths.update(prefix + need for need in declared.needs)
    below = get_named_type(field.type)
    if node.selection_set is None or declared.needs or not is_composite_type(below):
        return
    if declared.inside is None:
        _collect(info, below, node.selection_set, prefix, paths)
        return
    inner: set[str] = set()
    _collect(info, below, node.selection_set, f"{prefix}{declared.inside}.", inner)
    paths.update(inner or {prefix + declared.inside})


def _without_nested(paths: set[str]) -> list[str]:
    """MongoDB refuses a path together with one above it."""
    return sorted(
        path
        for path in paths
        if not any(path.startswith(f"{other}.") for other in paths if other != path)
    )
