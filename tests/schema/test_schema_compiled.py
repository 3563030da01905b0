"""A compiled selection answers what graphql-core answers: values, nulls, errors and their order."""

import inspect
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from graphql import (
    GraphQLObjectType,
    execute,
    get_named_type,
    is_composite_type,
    is_object_type,
    parse,
    validate,
)
from hypothesis import given
from hypothesis import strategies as st
from schema_builders import NOW, WATCH, call_doc, feed_doc

from schema.context import Memory, SchemaContext
from schema.executing.compiled import CompilingExecutor
from schema.live.source import ChangeType, LiveEvent
from schema.projection import declaration
from schema.root import build_schema, graphql_schema
from schema.transit.journeys import Call

SCHEMA = graphql_schema(build_schema())
FEEDS = {"rail-et": feed_doc()}
DEEPEST = 4
BOARD = """{ cursor change node { id status expectedDeparture delaySeconds stopPlace { id name }
    journey { publicCode mode line { publicCode name } } freshness { state } } }"""
LANGUAGES = ("", "(language: ZH)", "(language: EN)")
FORMS = ("{0}", "again: {0}", "{0} @include(if: true)", "... on {1} {{ {0} }}", "... {{ {0} }}")


def answers(
    text: str, node: Call | None, defined: str = "", **variables: Any
) -> tuple[dict[str, Any], dict[str, Any], Memory]:
    """What the compiling executor and graphql-core's own say of one event; the plans made."""
    document = parse(f'subscription {defined} {{ departures(stopPlace: "x") {text} }}')
    assert validate(SCHEMA, document) == []
    memory = Memory()
    said = []
    for executor in (CompilingExecutor, None):
        result = execute(
            SCHEMA,
            document,
            root_value=LiveEvent("c1", ChangeType.UPDATED, node),
            context_value=SchemaContext(SimpleNamespace(feeds=FEEDS), WATCH, memory, [], NOW),
            executor_class=executor,
            variable_values=variables,
        )
        assert not inspect.isawaitable(result)
        said.append(result.formatted)
    return said[0], said[1], memory


def compiled_whole(memory: Memory) -> bool:
    """Whether the answer came from one plan."""
    return len(memory.plans) == 1 and None not in memory.plans.values()


def plain(field: Any) -> bool:
    """Whether a field needs nothing but its object and a language; others are read otherwise."""
    declared = declaration(field)
    reads = [declared.read] if declared else []
    if declared and declared.by_language:
        reads = list(declared.by_language.values())
    return set(field.args) <= {"language"} and not any(map(inspect.iscoroutinefunction, reads))


@st.composite
def selections(draw: st.DrawFn, type_: GraphQLObjectType, depth: int = 0) -> str:
    """A valid selection: aliases, repeats, fragments, directives, __typename."""
    fields = {name: get_named_type(f.type) for name, f in type_.fields.items() if plain(f)}
    names = sorted(
        n for n, kind in fields.items() if depth < DEEPEST or not is_composite_type(kind)
    )
    parts = []
    for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=8, unique=True)):
        inner = draw(selections(fields[name], depth + 1)) if is_object_type(fields[name]) else ""
        form = draw(st.sampled_from(FORMS if draw(st.booleans()) else FORMS[:1]))
        if inner and form == FORMS[2]:
            form = FORMS[0]
        alias = form.replace("again", f"again_{name}")
        asked = draw(st.sampled_from(LANGUAGES)) if type_.fields[name].args else ""
        parts.append(alias.format(f"{name}{asked} {inner}", type_.name))
    return f"{{ __typename {' '.join(parts)} }}"


def broken(document: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The document with something missing, or of another type than it should be."""
    wrong = st.sampled_from([None, "", 0, 7.5, [], {}, {"zh": None}, "NONSENSE", NOW, 2**40])
    return st.dictionaries(st.sampled_from(sorted(document)), wrong, max_size=3).map(
        lambda changes: {**document, **changes, "_id": document["_id"]}
    )


def test_a_board_is_completed_by_one_plan():
    """What a board shows takes no walk: the whole event is one compiled function."""
    ours, theirs, memory = answers(BOARD, Call(call_doc()))
    assert ours == theirs
    assert ours["data"]["departures"]["node"]["status"] == "DELAYED"
    assert compiled_whole(memory)


def test_a_language_is_chosen_by_the_document_or_by_a_variable():
    """One plan for every language; one that is null where it may not be is graphql-core's error."""
    text = "{ node { stopPlace { name(language: $in) en: name(language: EN) zh: name } } }"
    defined = "($in: Language)"
    for chosen, name in (({"in": "EN"}, "Shanghai"), ({"in": "ZH"}, "上海站"), ({}, "上海站")):
        ours, theirs, memory = answers(text, Call(call_doc()), defined, **chosen)
        assert ours == theirs
        found = {"name": name, "en": "Shanghai", "zh": "上海站"}
        assert ours["data"]["departures"]["node"]["stopPlace"] == found
        assert compiled_whole(memory)
    ours, theirs, _ = answers(text, Call(call_doc()), defined, **{"in": None})
    assert ours == theirs
    assert ours["errors"][0]["path"] == ["departures", "node", "stopPlace", "name"]


def test_a_null_that_may_not_be_is_an_error_at_its_place():
    """A required field without a value: null goes up, with path and message as specified."""
    ours, theirs, _ = answers("{ node { order stopPlace { name } } }", Call(call_doc(order=None)))
    assert ours == theirs
    assert ours["errors"][0]["path"] == ["departures", "node", "order"]
    assert ours["data"] == {"departures": {"node": None}}


def test_what_is_skipped_is_walked_by_graphql_core():
    """Directives depend on variables: such a selection has no plan, and is right."""
    ours, theirs, memory = answers("{ cursor node { id @skip(if: true) order } }", Call(call_doc()))
    assert ours == theirs
    assert ours["data"] == {"departures": {"cursor": "c1", "node": {"order": 1}}}
    assert not compiled_whole(memory)


def test_a_fragment_used_twice_has_a_plan_for_each_place():
    """The same fragment node, alone and merged with more fields, is not confused."""
    text = """{ node { journey { ...J } order } again: node { journey { ...J publicCode } } }
        } fragment J on DatedJourney { mode line { name } """
    ours, theirs, memory = answers(text, Call(call_doc()))
    assert ours == theirs
    assert "publicCode" not in ours["data"]["departures"]["node"]["journey"]
    assert "publicCode" in ours["data"]["departures"]["again"]["journey"]
    assert compiled_whole(memory)


@given(
    text=selections(SCHEMA.type_map["CallEvent"]),
    document=broken(call_doc()) | broken(call_doc(late=None, observed_at=None)),
    age=st.sampled_from([0, 100, 1000]),
)
def test_any_selection_of_any_document_answers_the_same(text, document, age):
    """Random operations over whole, stale and broken documents: equal to the last byte."""
    if document.get("observed_at") == NOW:
        document = {**document, "observed_at": NOW - timedelta(seconds=age)}
    ours, theirs, _ = answers(text, Call(document))
    assert ours == theirs
    assert list(ours) == list(theirs)
    assert str(ours.get("data")) == str(theirs.get("data"))  # the order of keys, too


@given(
    st.lists(
        st.fixed_dictionaries(
            {"observed_at": st.sampled_from([None, NOW, NOW - timedelta(days=1)])},
            optional={
                "source": st.sampled_from(["rail-et", "nobody", None]),
                "feed": st.sampled_from(["rail-et", "nobody"]),
                "realtime": st.booleans(),
            },
        ),
        min_size=1,
        max_size=4,
    ),
    st.lists(st.integers(0, 3), max_size=12),
)
def test_how_fresh_a_row_is_does_not_depend_on_what_was_asked_before(
    rows: list[dict[str, Any]], order: list[int]
) -> None:
    """A row is looked at once for all of its fields, and rows that look alike once for all."""

    def context() -> SchemaContext:
        return SchemaContext(SimpleNamespace(feeds=FEEDS), WATCH, Memory(), [], NOW)

    shared = context()
    for number in order:
        row = rows[number % len(rows)]
        assert shared.freshness(row) == context().freshness(row)
