"""What one document may ask for; what asks for too much is refused before it is looked through."""

import pytest
from schema_builders import WATCH, Run, code_of, principal

from hub.model.people import Role
from schema.executing.documents import LONGEST_KEPT, Documents, InvalidError
from schema.executing.limits import MAX_COST
from schema.root import build_schema, graphql_schema

SCHEMA = graphql_schema(build_schema())


def refused(text: str, name: str | None = None) -> list[str]:
    """The codes a document is refused with."""
    with pytest.raises(InvalidError) as caught:
        Documents(SCHEMA).prepare(text, name)
    return [str(error.extensions["code"]) for error in caught.value.errors]


def nested(levels: int) -> str:
    """A query of so many levels."""
    fields = ['departures(stopPlace: "x", first: 1)', "nodes", *["journey", "calls"] * 20]
    text = "id"
    for field in reversed(fields[: levels - 1]):
        text = f"{field} {{ {text} }}"
    return f"{{ {text} }}"


def test_twenty_thousand_aliases_are_refused_at_once() -> None:
    """The document is not read to its end: what stands there would be no GraphQL at all."""
    text = "{" + " ".join(f"a{n}: __typename" for n in range(20_000)) + " \x00"
    with pytest.raises(InvalidError) as caught:
        Documents(SCHEMA).prepare(text, None)
    (error,) = caught.value.errors
    assert "tokens" in error.message
    assert error.extensions == {"code": "LIMIT_EXCEEDED"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("query { me { login }", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ me }", "GRAPHQL_VALIDATION_FAILED"),
        ("fragment F on Query { me { login } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...F } fragment F on Query { ...F }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...F } fragment F on Query { me { login } ...F }", "GRAPHQL_VALIDATION_FAILED"),
        ("type Query { a: Int }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(16)) + " }", "LIMIT_EXCEEDED"),
        ("{ me { " + " ".join(f"a{n}: login" for n in range(16)) + " } }", "LIMIT_EXCEEDED"),
        ("{ " + "me { login } " * 11 + "}", "LIMIT_EXCEEDED"),
        (
            "{ ...F ...G } "
            + "".join(f"fragment {f} on Query {{ {'me { login } ' * 6} }} " for f in "FG"),
            "LIMIT_EXCEEDED",
        ),
        (nested(11), "LIMIT_EXCEEDED"),
        ("{ interchange { " + "stopPlaces { id } " * 61 + "} }", "LIMIT_EXCEEDED"),
        ("{" * 300, "GRAPHQL_PARSE_FAILED"),
        ("{ a" + "{ a" * 30 + "}" * 31, "LIMIT_EXCEEDED"),
        ("{ a" + "{ a" * 300 + "}" * 301, "LIMIT_EXCEEDED"),
        (f"{{ departures(first: {'9' * 5_000}) {{ nodes {{ id }} }} }}", "BAD_USER_INPUT"),
        (f"query ($f: Int = -{'9' * 5_000}) {{ me {{ login }} }}", "BAD_USER_INPUT"),
        (f"{{ vehicles(within: {{lat: 0.{'9' * 5_000}}}) {{ id }} }}", "BAD_USER_INPUT"),
        ("{ " + "... { " * 300 + "id" + " }" * 301, "LIMIT_EXCEEDED"),
        ("{ me { login " + "a " * 1_000 + "} }", "LIMIT_EXCEEDED"),
        ("{ me " + "@include(if: true) " * 150 + "{ login } }", "LIMIT_EXCEEDED"),
        ("{ me { login } } " + "fragment F on Me { login } " * 150, "LIMIT_EXCEEDED"),
        ("{ stopPlaces(modes: " + "[" * 400 + "]" * 400 + ") { nodes { id } } }", "LIMIT_EXCEEDED"),
        ("# said\n" * 1_001 + "{ me { login } }", "LIMIT_EXCEEDED"),
    ],
)
def test_documents_that_ask_for_too_much_or_nothing_sensible(text: str, code: str) -> None:
    """Each is refused with a code, none with a traceback."""
    assert set(refused(text)) == {code}


def test_ten_levels_are_served() -> None:
    """The limit itself is allowed."""
    assert Documents(SCHEMA).prepare(nested(10))


def test_nesting_through_fragments_counts() -> None:
    """Hiding levels in fragments does not help, nor do a hundred spreads of one fragment cost."""
    chain = "".join(
        f"fragment F{n} on DatedJourney {{ calls {{ journey {{ ...F{n + 1} }} }} }} "
        for n in range(6)
    )
    text = '{ journey(id: "x") { ...F0 } } ' + chain + "fragment F6 on DatedJourney { id }"
    assert refused(text) == ["LIMIT_EXCEEDED"]
    doubling = "".join(f"fragment F{n} on Unit {{ {f'...F{n + 1} ' * 8} }} " for n in range(40))
    text = "{ units { ...F0 } } " + doubling + "fragment F40 on Unit { id }"
    assert refused(text) == ["LIMIT_EXCEEDED"]


def test_cost_follows_the_size_of_pages() -> None:
    """A page of 200 costs more than one of 10; a variable counts as 200; too much is refused."""
    rest = "{ nodes { id title } } }"
    texts = (
        f"{{ incidents(first: 10) {rest}",
        f"{{ incidents(first: 200) {rest}",
        f"query ($n: Int!) {{ incidents(first: $n) {rest}",
    )
    costs = [Documents(SCHEMA).prepare(text).cost for text in texts]
    assert costs == [22, 402, 402]
    deep = "recipients { entries { stage at channel } officer { login } }"
    huge = f"{{ incidents(first: 200) {{ nodes {{ orders {{ {deep} }} }} }} }}"
    assert refused(huge) == ["LIMIT_EXCEEDED"]
    assert Documents(SCHEMA).prepare(huge.replace("200", "50")).cost < MAX_COST


def test_what_is_remembered_of_documents_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In characters too: the longest unused go, the last stays."""
    monkeypatch.setattr("schema.executing.documents.TEXT_KEPT", 1_000)
    documents = Documents(SCHEMA)
    texts = [f"query Q{number} {{ me {{ login }} }} #{'x' * 300}" for number in range(5)]
    for text in texts:
        documents.prepare(text)
    assert len(documents) == 3
    before = documents.prepare(texts[-1])
    assert documents.prepare(texts[-1]) is before


def test_a_document_is_prepared_once() -> None:
    """The same text gives the same object; long texts and the least used are not kept."""
    documents = Documents(SCHEMA, kept=2)
    text = "query A { me { login } } query B { me { role } }"
    first = documents.prepare(text, "A")
    assert documents.prepare(text, "A") is first
    assert documents.prepare(text, "B").operation_name == "B"
    documents.prepare("{ me { login } }")
    documents.prepare("{ me { role } }")
    assert documents.prepare(text, "A") is not first
    documents.prepare("{ me { login } }" + " " * LONGEST_KEPT)
    assert len(documents) == 2


def test_an_operation_is_chosen_by_name() -> None:
    """Several operations need a name, and the name must exist."""
    text = "query A { me { login } } query B { me { role } }"
    assert refused(text) == ["OPERATION_NOT_FOUND"]
    assert refused(text, "C") == ["OPERATION_NOT_FOUND"]
    assert refused("{ me { login } }", "A") == ["OPERATION_NOT_FOUND"]


async def test_introspection_as_tools_send_it_is_served_to_developers(run: Run) -> None:
    """Its nesting is not counted as depth."""
    from graphql import get_introspection_query

    answer = await run(get_introspection_query(), WATCH)
    assert answer["data"]["__schema"]["queryType"]["name"] == "Query"
    denied = await run(get_introspection_query(), principal(Role.OFFICER))
    assert code_of(denied) == "FORBIDDEN"
