import json
from dataclasses import replace

import pytest

from flights import bundle as bundles
from loadtest.answers import Answer, Checker, is_clean_refusal
from loadtest.failures import WrongAnswer
from loadtest.traffic import Known, Request
from tests.served.running import ROOT

BUNDLE = bundles.decode(ROOT / "bundles/scl")
VERSION = BUNDLE.version
BELOW, ABOVE = BUNDLE.threshold - 0.01, BUNDLE.threshold + 0.01
REQUEST = Request({"Fecha-I": ["", ""]}, {1: Known(VERSION, "a golden one", ABOVE)})
RIGHT = Answer(VERSION, [BELOW, ABOVE], [False, True])


@pytest.fixture
def checker():
    return Checker([BUNDLE])


def test_a_right_answer_passes_and_its_golden_flights_are_counted(checker):
    checker.check(REQUEST, RIGHT)
    checker.check(REQUEST, RIGHT)
    assert checker.take_checked() == {VERSION: 2}
    assert checker.take_checked() == {}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"version": ""}, "it names no model_version"),
        ({"version": None}, "it names no model_version"),
        ({"probabilities": [BELOW]}, "it has not one value for each flight"),
        ({"delayed": [False, True, True]}, "it has not one value for each flight"),
        ({"probabilities": None}, "it has not one value for each flight"),
        ({"probabilities": [BELOW, float("nan")]}, "a delay_probability is no number from 0 to 1"),
        ({"probabilities": [BELOW, 1.001]}, "a delay_probability is no number from 0 to 1"),
        ({"probabilities": [-0.001, ABOVE]}, "a delay_probability is no number from 0 to 1"),
        ({"probabilities": [True, ABOVE]}, "a delay_probability is no number from 0 to 1"),
        ({"probabilities": ["0.1", ABOVE]}, "a delay_probability is no number from 0 to 1"),
        ({"delayed": [0, 1]}, "a value of delayed is neither true nor false"),
        ({"delayed": [True, True]}, f"delayed does not follow version {VERSION}'s threshold"),
        ({"probabilities": [BELOW, ABOVE + 2e-5]}, "for its golden flight 'a golden one'"),
    ],
)
def test_a_wrong_answer_is_told_with_what_is_wrong(checker, wrong, sentence):
    with pytest.raises(WrongAnswer, match=f"^wrong answer: .*{sentence}"):
        checker.check(REQUEST, replace(RIGHT, **wrong))


def test_of_another_version_golden_flights_and_threshold_are_not_known(checker):
    checker.check(REQUEST, Answer("candidate", [0.9, 0.1], [False, True]))
    assert checker.checked == {}


def test_the_same_flights_must_be_answered_as_before_by_the_same_version(checker):
    other = Request({"Fecha-I": ["", ""]}, {})
    checker.check(other, Answer("candidate", [0.1, 0.2], [False, False]))
    checker.check(other, Answer("another", [0.3, 0.2], [False, False]))
    checker.check(other, Answer("candidate", [0.1 + 1e-6, 0.2], [False, False]))
    with pytest.raises(WrongAnswer, match="answered otherwise before"):
        checker.check(other, Answer("candidate", [0.2, 0.1], [False, False]))


def body(**changes):
    outputs = [
        {"name": "delay_probability", "datatype": "FP32", "shape": [2], "data": [0.1, 0.2]},
        {"name": "delayed", "datatype": "BOOL", "shape": [2], "data": [False, True]},
    ]
    return json.dumps({"model_version": "v", "outputs": outputs, **changes}).encode()


def test_json_is_read_as_the_contract_has_it():
    assert Answer.from_json(body(), 2) == Answer("v", [0.1, 0.2], [False, True])


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", body(outputs=[]), body(outputs=[{"name": "delayed"}])])
def test_json_of_another_form_is_a_wrong_answer(content):
    with pytest.raises(WrongAnswer, match="has not the form"):
        Answer.from_json(content, 2)


def test_a_shape_for_another_count_is_a_wrong_answer():
    with pytest.raises(WrongAnswer, match="datatype or shape"):
        Answer.from_json(body(), 1)


@pytest.mark.parametrize(
    ("status", "content", "clean"),
    [
        (400, b'{"error": "Emp-I is lan"}', True),
        (422, b'{"error": "Emp-I is lan"}', True),
        (200, b'{"error": "Emp-I is lan"}', False),
        (500, b'{"error": "Emp-I is lan"}', False),
        (400, b'{"error": ""}', False),
        (400, b'{"detail": "no"}', False),
        (400, b'["no"]', False),
        (400, b"no", False),
        (400, b'{"error": "Traceback (most recent call last)"}', False),
    ],
)
def test_a_clean_refusal_is_4xx_and_a_sentence(status, content, clean):
    assert is_clean_refusal(status, content) == clean
