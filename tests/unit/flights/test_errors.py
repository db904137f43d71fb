from typing import Any

import pytest

from flights import errors
from flights.errors import CallerError, InvalidBundle, InvalidFlight, InvalidRequest, OperatorError, shown


class TestShown:
    def test_a_value_is_quoted_and_escaped(self) -> None:
        assert shown("a\n\0\ud800'é") == '"a\\n\\x00\\ud800\'é"'

    def test_a_value_of_64_characters_is_shown_whole(self) -> None:
        assert shown("x" * 62) == "'" + "x" * 62 + "'"

    def test_a_longer_value_is_cut(self) -> None:
        assert shown("x" * 63) == "'" + "x" * 63 + "... (cut)"

    def test_of_a_long_text_only_the_start_is_escaped(self) -> None:
        class Text(str):
            def __repr__(self) -> str:
                raise AssertionError("the whole text was escaped")

        assert shown(Text("\0" * 1_000_000)).endswith("... (cut)")

    @pytest.mark.parametrize("kind", [list, tuple, dict.fromkeys])
    def test_of_a_long_list_or_object_only_the_start_is_rendered(self, kind: Any) -> None:
        class Counted:
            rendered = 0

            def __repr__(self) -> str:
                Counted.rendered += 1
                return "x"

        assert shown(kind(Counted() for _ in range(10_000))).endswith("... (cut)")
        assert Counted.rendered < 100

    @pytest.mark.parametrize(("value", "text"), [(None, "null"), (True, "true"), (False, "false")])
    def test_what_json_has_a_word_for_is_shown_by_it(self, value: object, text: str) -> None:
        assert shown(value) == text

    def test_a_number_that_python_refuses_to_write_out_is_not_shown(self) -> None:
        assert shown(10**5000) == "a value too large to show"

    def test_lists_nested_deeper_than_python_recurses_are_not_shown(self) -> None:
        nested: list[object] = []
        for _ in range(100_000):
            nested = [nested]
        assert shown(nested) == "a value too large to show"


class TestInvalidFlight:
    def test_its_sentence_names_field_row_value_and_requirement(self) -> None:
        error = InvalidFlight("Des-I", 3, "scfa", "four capital letters")
        assert str(error) == "Des-I, row 3: 'scfa' must be four capital letters"

    def test_a_value_seen_alone_has_no_row(self) -> None:
        assert str(InvalidFlight("DIA", None, 0, "a day")) == "DIA: 0 must be a day"

    def test_it_can_be_placed_in_a_row(self) -> None:
        placed = InvalidFlight("DIA", None, 0, "a day").at(0)
        assert (placed.field, placed.row, placed.value) == ("DIA", 0, 0)
        assert str(placed) == "DIA, row 0: 0 must be a day"


class TestTheTwoFamilies:
    @pytest.mark.parametrize("error", [InvalidRequest, InvalidFlight])
    def test_what_the_caller_sent_is_the_callers_fault(self, error: type[Exception]) -> None:
        assert issubclass(error, CallerError)
        assert not issubclass(error, OperatorError)

    @pytest.mark.parametrize("error", [InvalidBundle, errors.InvalidDataset, errors.PredictorError])
    def test_what_we_run_is_ours(self, error: type[Exception]) -> None:
        assert issubclass(error, OperatorError)
        assert not issubclass(error, CallerError)

    @pytest.mark.parametrize("error", [errors.PredictorUnavailable, errors.PredictorTimeout, errors.PredictorNonsense])
    def test_each_fault_of_the_predictor_is_a_predictor_error(self, error: type[Exception]) -> None:
        assert issubclass(error, errors.PredictorError)
