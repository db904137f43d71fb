import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from flights.bundle import Bundle
from flights.errors import PredictorNonsense, PredictorTimeout, PredictorUnavailable
from tests.predictors import FakePredictor
from transformer.readiness import GoldenCheck


def outcomes(bundle: Bundle, predictor: FakePredictor, *steps: Callable[[], None], **options: float) -> list[bool]:
    """Ask once before each step is taken and once after the last."""

    async def scenario() -> list[bool]:
        check = GoldenCheck(bundle, predictor, kept_s=0, **options)  # type: ignore[arg-type]
        passed = [await check.passed()]
        for step in steps:
            step()
            passed.append(await check.passed())
        return passed

    return asyncio.run(scenario())


def test_a_version_is_ready_while_its_golden_flights_come_back_right(bundle: Bundle, predictor: FakePredictor) -> None:
    assert outcomes(bundle, predictor) == [True]


@pytest.mark.parametrize(("difference", "ready"), [(0.9e-5, True), (1.1e-5, False)])
def test_a_golden_probability_may_differ_by_a_hundred_thousandth(
    bundle: Bundle, predictor: FakePredictor, difference: float, ready: bool
) -> None:
    golden = np.array(bundle.golden.probabilities)
    predictor.answer = lambda rows, count: golden + np.array([0, difference])  # type: ignore[assignment,return-value]
    assert outcomes(bundle, predictor) == [ready]


@pytest.mark.parametrize("fault", [PredictorUnavailable("away"), PredictorNonsense("nonsense")])
def test_a_fault_makes_a_version_unready_and_its_end_ready_again(
    bundle: Bundle, predictor: FakePredictor, fault: Exception
) -> None:
    assert outcomes(
        bundle,
        predictor,
        lambda: setattr(predictor, "fault", fault),
        lambda: setattr(predictor, "fault", None),
    ) == [True, False, True]


def test_late_answers_make_a_ready_version_unready_only_three_in_a_row(
    bundle: Bundle, predictor: FakePredictor
) -> None:
    def late() -> None:
        predictor.fault = PredictorTimeout("late")

    def well() -> None:
        predictor.fault = None

    steps = (late, late, well, late, late, late, well)
    assert outcomes(bundle, predictor, *steps) == [True, True, True, True, True, True, False, True]


def test_a_version_that_was_never_right_is_not_ready_when_it_is_late(bundle: Bundle, predictor: FakePredictor) -> None:
    predictor.fault = PredictorTimeout("late")
    assert outcomes(bundle, predictor) == [False]


def test_many_questions_at_once_are_one_call_and_its_outcome_is_kept(bundle: Bundle, predictor: FakePredictor) -> None:
    async def scenario() -> None:
        check = GoldenCheck(bundle, predictor, kept_s=60)
        assert await asyncio.gather(*(check.passed() for _ in range(20))) == [True] * 20
        assert await check.passed()

    asyncio.run(scenario())
    assert len(predictor.calls) == 1


def test_an_error_that_nobody_foresaw_is_not_ready(bundle: Bundle, predictor: FakePredictor) -> None:
    assert outcomes(
        bundle,
        predictor,
        lambda: setattr(predictor, "fault", RuntimeError("a bug")),
        lambda: setattr(predictor, "fault", None),
    ) == [True, False, True]


def test_why_a_version_is_not_ready_is_said_once(
    bundle: Bundle, predictor: FakePredictor, caplog: pytest.LogCaptureFixture
) -> None:
    predictor.answer = lambda rows, count: np.zeros(count, np.float32)
    outcomes(bundle, predictor, lambda: None, lambda: None)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1
    assert "golden flight" in said[0]
    assert "0.000000 where training had" in said[0]


def test_late_checks_do_not_count_while_the_predictor_answers_others(bundle: Bundle, predictor: FakePredictor) -> None:
    def late_under_load() -> None:
        predictor.fault = PredictorTimeout("late")
        predictor.answered_s = float("inf")

    assert outcomes(bundle, predictor, *[late_under_load] * 5) == [True] * 6


def test_a_question_does_not_wait_for_a_check_that_hangs(bundle: Bundle, predictor: FakePredictor) -> None:
    async def scenario() -> None:
        check = GoldenCheck(bundle, predictor, kept_s=0, patience_s=0.05)
        assert await check.passed()
        predictor.gate = asyncio.Event()
        loop = asyncio.get_running_loop()
        start = loop.time()
        assert await asyncio.gather(*(check.passed() for _ in range(5))) == [True] * 5
        assert loop.time() - start < 0.5
        assert len(predictor.calls) == 2

    asyncio.run(scenario())


def test_a_late_outcome_is_not_kept(bundle: Bundle, predictor: FakePredictor) -> None:
    async def scenario() -> None:
        check = GoldenCheck(bundle, predictor, kept_s=60)
        predictor.fault = PredictorTimeout("late")
        assert not await check.passed()
        predictor.fault = None
        assert await check.passed()

    asyncio.run(scenario())


def test_what_keeps_a_version_from_being_ready_is_told(bundle: Bundle, predictor: FakePredictor) -> None:
    async def scenario() -> list[str | None]:
        check = GoldenCheck(bundle, predictor, kept_s=0)
        told = [check.fault]
        for fault in (PredictorUnavailable("the predictor is away"), None):
            predictor.fault = fault
            await check.passed()
            told.append(check.fault)
        return told

    assert asyncio.run(scenario()) == [
        "the golden flights have not been asked about yet",
        "the predictor is away",
        None,
    ]
