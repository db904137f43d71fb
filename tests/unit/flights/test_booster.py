import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flights.booster import RUNTIME_XGBOOST, BoosterHeader, read_header
from flights.errors import InvalidBundle
from tests.flights import make_booster


def ubjson(value: Any) -> bytes:
    """Write UBJSON as xgboost does."""
    if isinstance(value, dict):
        return b"{" + b"".join(ubjson(key)[1:] + ubjson(member) for key, member in value.items()) + b"}"
    if isinstance(value, list):
        return b"[#" + ubjson(len(value)) + b"".join(map(ubjson, value))
    if isinstance(value, str):
        return b"S" + ubjson(len(value.encode())) + value.encode()
    if isinstance(value, int):
        return b"L" + value.to_bytes(8, "big", signed=True)
    assert isinstance(value, bytes)
    return value


def make_document(**changes: Any) -> dict[str, Any]:
    """The part of a booster's document that the header is read from."""
    return {
        "learner": {"learner_model_param": {"num_feature": "12"}, "objective": {"name": "binary:logistic"}},
        "version": [2, 1, 4],
    } | changes


def refused(saved: bytes) -> bool:
    try:
        read_header(saved)
    except InvalidBundle as error:
        return str(error) == "model.ubj is not a whole booster in xgboost's UBJSON format"
    return False


class TestARealBooster:
    def test_it_says_which_xgboost_saved_it_how_many_columns_it_reads_and_its_objective(self) -> None:
        header = read_header(make_booster(column_count=7, objective="reg:squarederror"))
        assert header.xgboost_version[:2] == RUNTIME_XGBOOST
        assert (header.column_count, header.objective) == (7, "reg:squarederror")

    def test_every_truncation_is_refused(self) -> None:
        saved = make_booster()
        assert all(refused(saved[:size]) for size in range(len(saved)))

    @pytest.mark.parametrize("appended", [b"\0", b"}", b"{}"])
    def test_bytes_after_its_end_are_refused(self, appended: bytes) -> None:
        assert refused(make_booster() + appended)

    def test_a_changed_byte_gives_a_header_or_a_refusal_and_nothing_else(self) -> None:
        saved, choice = make_booster(), random.Random(7)
        for position in range(len(saved)):
            changed = bytearray(saved)
            changed[position] ^= choice.randrange(1, 256)
            refused(bytes(changed))


class TestADocument:
    def test_what_the_tests_write_can_be_read(self) -> None:
        assert read_header(ubjson(make_document())) == BoosterHeader((2, 1, 4), 12, "binary:logistic")

    @pytest.mark.parametrize("key", ["learner", "version"])
    def test_a_missing_part_is_refused(self, key: str) -> None:
        document = make_document()
        del document[key]
        assert refused(ubjson(document))

    @pytest.mark.parametrize("version", ["2.1.4", b"Z", [], [2, 1], [2, 1, 4, 0], {}, 2], ids=repr)
    def test_a_version_that_is_not_three_parts_is_refused(self, version: object) -> None:
        assert refused(ubjson(make_document(version=version)))

    @pytest.mark.parametrize(
        "count", [12, [], b"Z", b"T", b"d\x7f\x80\x00\x00", "", "twelve", "1.5", "9" * 5000], ids=lambda c: repr(c)[:20]
    )
    def test_a_column_count_that_is_none_is_refused(self, count: object) -> None:
        learner = make_document()["learner"] | {"learner_model_param": {"num_feature": count}}
        assert refused(ubjson(make_document(learner=learner)))

    @pytest.mark.parametrize("objective", [b"Z", ["binary:logistic"], 1], ids=repr)
    def test_an_objective_that_is_no_text_is_refused(self, objective: object) -> None:
        learner = make_document()["learner"] | {"objective": {"name": objective}}
        assert refused(ubjson(make_document(learner=learner)))

    @pytest.mark.parametrize("learner", [b"Z", 1, "learner", ["learner"], b"[$d#U\x01\0\0\0\0"], ids=repr)
    def test_a_learner_that_is_no_object_is_refused(self, learner: object) -> None:
        assert refused(ubjson(make_document(learner=learner)))

    @pytest.mark.parametrize(
        "extra",
        [
            b"[$d#i\x02" + bytes(8),
            b"[$L#U\x00",
            b"[]",
            b"[i\x01i\x02]",
            b"[#i\x01T",
            b"{}",
            b"Z",
            b"F",
            b"Cx",
            b"D" + bytes(8),
        ],
        ids=repr,
    )
    def test_every_kind_of_value_is_stepped_over(self, extra: bytes) -> None:
        assert not refused(ubjson(make_document(trees=extra)))

    @pytest.mark.parametrize("document", [b"", b"Z", b"[]", b"S", b'{"learner": {}}', b"\x80\x04N."], ids=repr)
    def test_anything_but_an_object_is_refused(self, document: bytes) -> None:
        assert refused(document)


class TestAHostileDocument:
    @pytest.mark.parametrize(
        "value",
        [
            b"[#l\xff\xff\xff\xff",
            b"[$d#l\xff\xff\xff\xff",
            b"SL" + b"\xff" * 8,
            b"[$L#L\x7f" + b"\xff" * 7,
            b"SL\x7f" + b"\xff" * 7,
            b"[#L\x7f" + b"\xff" * 7,
            b"[#d\x7f\x80\x00\x00",
            b"[#d\x7f\xc0\x00\x00",
            b"Sd\x00\x00\x00\x00",
            b"[$Z#L\x7f" + b"\xff" * 7,
            b"[$S#i\x01",
            b"[$#i\x01",
            b"[#Z",
            b"Si\x01\xff",
            b"C\xff",
            b"?",
        ],
        ids=[
            "a negative count",
            "a negative count of numbers",
            "a negative length",
            "more numbers than there is memory",
            "more text than there is memory",
            "more values than there is memory",
            "an infinite count",
            "a count that is NaN",
            "a length that is not whole",
            "numbers without a size",
            "an array of texts",
            "an array of counts",
            "a null count",
            "text that is not UTF-8",
            "a character that is not ASCII",
            "an unknown marker",
        ],
    )
    def test_a_value_that_cannot_be_is_refused(self, value: bytes) -> None:
        # ahead of the rest, which would otherwise still be read
        assert refused(ubjson({"trees": value} | make_document()))

    @pytest.mark.parametrize("opening", [b"[", b"[#i\x01", b"{i\x00"], ids=repr)
    def test_endless_nesting_is_refused_at_once(self, opening: bytes) -> None:
        started = time.process_time()
        assert refused(opening * 1_000_000)
        assert refused(b"{i\x00" + opening * 1_000_000)
        assert time.process_time() - started < 1

    @given(st.binary() | st.binary().map(lambda tail: ubjson(make_document())[:-1] + tail))
    def test_any_bytes_are_a_booster_or_refused(self, saved: bytes) -> None:
        refused(saved)
