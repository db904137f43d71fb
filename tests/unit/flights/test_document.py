import pytest
from hypothesis import given
from hypothesis import strategies as st

from flights import document
from flights.document import Document
from flights.errors import InvalidBundle

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values))
def test_what_is_written_is_read_back(members: dict[str, object]) -> None:
    assert Document.decode("f.json", document.encode(members)).members == members


@given(st.binary())
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        Document.decode("f.json", content)
    except InvalidBundle as error:
        str(error).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"{} {}",
        b"\xff",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e400}',
        b'{"a": "\\ud800"}',
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * 100_000,
        b'{"a": ' * 100_000,
    ],
    ids=lambda content: repr(content)[:24],
)
def test_what_is_no_json_is_refused_although_python_may_take_it(content: bytes) -> None:
    with pytest.raises(InvalidBundle, match=r"f\.json is not JSON: "):
        Document.decode("f.json", content)


@pytest.mark.parametrize("content", [b"[]", b"null", b'"text"', b"1"])
def test_a_file_that_must_hold_an_object_holds_one(content: bytes) -> None:
    with pytest.raises(InvalidBundle, match=r"^f\.json must hold an object$"):
        Document.decode("f.json", content)


@pytest.mark.parametrize(("content", "place"), [(b"{}", r"f\.json must hold a list"), (b"[{}, 1]", r"f\.json, item 1")])
def test_a_file_that_must_hold_a_list_of_objects_holds_one(content: bytes, place: str) -> None:
    with pytest.raises(InvalidBundle, match=place):
        Document.decode_list("f.json", content)


MEMBERS = {"text": "a", "whole_number": 1, "number": 1.5, "document": {}, "values": [None], "numbers": [1, 1.5]}
"""A value of each type, by the method that asks for it."""


class TestMembers:
    @pytest.mark.parametrize("kind", [*MEMBERS, "texts"])
    def test_one_that_is_absent_is_refused(self, kind: str) -> None:
        with pytest.raises(InvalidBundle, match=r"^f\.json has no key: it must be a"):
            getattr(Document("f.json", {}), kind)("key")

    @pytest.mark.parametrize("kind", [*MEMBERS, "texts"])
    @pytest.mark.parametrize("wrong", [None, True, b"x", {1}], ids=repr)
    def test_one_of_another_type_is_refused(self, kind: str, wrong: object) -> None:
        with pytest.raises(InvalidBundle, match=r"^f\.json has .* as 'key': it must be a"):
            getattr(Document("f.json", {"key": wrong}), kind)("key")

    @pytest.mark.parametrize("kind", MEMBERS)
    @pytest.mark.parametrize("other", MEMBERS)
    def test_no_type_passes_for_another(self, kind: str, other: str) -> None:
        asked = Document("f.json", {"key": MEMBERS[other]})
        if kind == other or ({kind, other} == {"values", "numbers"} and kind == "values"):
            getattr(asked, kind)("key")
        else:
            with pytest.raises(InvalidBundle):
                getattr(asked, kind)("key")

    @pytest.mark.parametrize("wrong", ["ab", ["a", 1], [["a"]], [None], {"a": 1}], ids=repr)
    def test_a_list_of_texts_is_no_text_and_holds_nothing_else(self, wrong: object) -> None:
        with pytest.raises(InvalidBundle, match="it must be a list of texts"):
            Document("f.json", {"key": wrong}).texts("key")

    @pytest.mark.parametrize("wrong", ["12", [1, "2"], [True], [None], {"1": 1}], ids=repr)
    def test_a_list_of_numbers_is_no_text_of_digits_and_holds_nothing_else(self, wrong: object) -> None:
        with pytest.raises(InvalidBundle, match="it must be a list of numbers"):
            Document("f.json", {"key": wrong}).numbers("key")

    def test_an_object_inside_says_where_it_stands(self) -> None:
        inside = Document("f.json", {"values": {"LAN": 1}}).document("values")
        with pytest.raises(InvalidBundle, match=r"^f\.json, 'values' has 1 as 'LAN': it must be a list of numbers$"):
            inside.numbers("LAN")
