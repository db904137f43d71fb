import asyncio
import random

import numpy as np
import pytest

from flights.encoder import EncodedFlights
from flights.errors import PredictorNonsense, PredictorTimeout, PredictorUnavailable
from tests.predictors import FakePredictor, make_metrics, probabilities_of
from transformer.coalescer import Coalescer

COLUMNS = 3


def make_encoded(count: int, seed: int = 0) -> EncodedFlights:
    rows = np.random.default_rng(seed).random((count, COLUMNS), dtype=np.float32).tobytes()
    return EncodedFlights(rows, count, 0, 0)


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_the_first_request_is_sent_at_once_and_the_next_ones_together() -> None:
    async def scenario() -> list[int]:
        predictor = FakePredictor()
        predictor.gate = asyncio.Event()
        coalescer = Coalescer(predictor, make_metrics(), deadline_s=5)
        requests = [asyncio.ensure_future(coalescer.predict(make_encoded(2)))]
        await settle()
        assert predictor.calls == [2]
        requests += [asyncio.ensure_future(coalescer.predict(make_encoded(2))) for _ in range(4)]
        await settle()
        predictor.gate.set()
        await asyncio.gather(*requests)
        return predictor.calls

    assert asyncio.run(scenario()) == [2, 8]


def test_a_second_call_goes_out_beside_the_first_only_while_many_flights_wait() -> None:
    async def scenario() -> list[int]:
        predictor = FakePredictor()
        predictor.gate = asyncio.Event()
        coalescer = Coalescer(predictor, make_metrics(), deadline_s=5, rows_for_second_call=100)
        requests = []
        for count in (1, 99, 1, 150, 7):  # 99 wait beside the first; 100 are a second call; nothing is a third
            requests.append(asyncio.ensure_future(coalescer.predict(make_encoded(count))))
            await settle()
        assert predictor.calls == [1, 100]
        predictor.gate.set()
        await asyncio.gather(*requests)
        predictor.gate.clear()
        for count in (2, 3, 4):
            requests.append(asyncio.ensure_future(coalescer.predict(make_encoded(count))))
            await settle()
        assert predictor.calls[-1] == 2, "one call at a time again"
        predictor.gate.set()
        await asyncio.gather(*requests)
        return predictor.calls

    assert asyncio.run(scenario()) == [1, 100, 157, 2, 7]


def test_of_two_calls_the_first_that_ends_takes_up_what_is_worth_one() -> None:
    async def scenario() -> list[int]:
        gates = {count: asyncio.Event() for count in (10, 20, 30, 5)}

        class Gated(FakePredictor):
            async def predict(self, rows: bytes, count: int, *rest: object) -> list[float]:
                answer = await super().predict(rows, count, *rest)  # type: ignore[arg-type]
                await gates[count].wait()
                return answer

        predictor = Gated()
        coalescer = Coalescer(predictor, make_metrics(), deadline_s=5, rows_for_second_call=20)
        requests = []
        for count in (10, 20, 30):
            requests.append(asyncio.ensure_future(coalescer.predict(make_encoded(count))))
            await settle()
        assert predictor.calls == [10, 20]
        gates[20].set()
        await settle()
        assert predictor.calls == [10, 20, 30]
        requests.append(asyncio.ensure_future(coalescer.predict(make_encoded(5))))
        gates[30].set()
        await settle()
        assert predictor.calls == [10, 20, 30], "five flights wait for the call in flight"
        gates[10].set()
        gates[5].set()
        await asyncio.gather(*requests)
        return predictor.calls

    assert asyncio.run(scenario()) == [10, 20, 30, 5]


def test_a_caller_who_cannot_be_told_does_not_harm_the_others_in_its_call() -> None:
    class Broken:
        done = False

        def succeed(self, probabilities: list[float]) -> None:
            raise RuntimeError("a bug")

        def fail(self, error: Exception) -> None:
            self.done = True

    async def scenario() -> bool:
        predictor = FakePredictor()
        coalescer, broken = Coalescer(predictor, make_metrics(), deadline_s=0.2), Broken()
        coalescer.submit(make_encoded(1), broken)
        assert len(await coalescer.predict(make_encoded(2))) == 2
        assert len(await coalescer.predict(make_encoded(3))) == 3
        await asyncio.sleep(0.25)
        return broken.done

    assert asyncio.run(scenario()), "it is late in the end"


def test_answers_of_64_clients_with_random_sizes_never_mix() -> None:
    async def client(coalescer: Coalescer, seed: int) -> None:
        dice = random.Random(seed)
        for turn in range(20):
            flights = make_encoded(dice.randint(1, 40), seed * 1000 + turn)
            answer = await coalescer.predict(flights)
            np.testing.assert_array_equal(answer, probabilities_of(flights.rows, flights.count))

    async def scenario(rows_for_second_call: int) -> list[int]:
        predictor = FakePredictor()
        coalescer = Coalescer(
            predictor, make_metrics(), deadline_s=30, most_rows_per_call=100, rows_for_second_call=rows_for_second_call
        )
        await asyncio.gather(*(client(coalescer, seed) for seed in range(64)))
        return predictor.calls

    for rows_for_second_call in (1, 50, 1000):
        calls = asyncio.run(scenario(rows_for_second_call))
        assert max(calls) <= 100
        assert len(calls) < 64 * 20 / 2


def test_a_request_larger_than_a_call_is_cut_and_put_together_again() -> None:
    async def scenario() -> list[int]:
        predictor = FakePredictor()
        flights = make_encoded(25)
        answer = await Coalescer(predictor, make_metrics(), deadline_s=5, most_rows_per_call=10).predict(flights)
        np.testing.assert_array_equal(answer, probabilities_of(flights.rows, 25))
        return predictor.calls

    assert asyncio.run(scenario()) == [10, 10, 5]


def test_a_fault_reaches_everyone_in_the_call_and_nobody_after_it() -> None:
    async def scenario() -> None:
        predictor = FakePredictor()
        predictor.gate, predictor.fault = asyncio.Event(), PredictorNonsense("nonsense")
        coalescer = Coalescer(predictor, make_metrics(), deadline_s=5)
        requests = [asyncio.ensure_future(coalescer.predict(make_encoded(1))) for _ in range(3)]
        await settle()
        predictor.gate.set()
        outcomes = await asyncio.gather(*requests, return_exceptions=True)
        assert all(isinstance(outcome, PredictorNonsense) for outcome in outcomes)
        predictor.fault = None
        assert len(await coalescer.predict(make_encoded(4))) == 4

    asyncio.run(scenario())


def test_an_error_that_nobody_foresaw_does_not_leave_callers_waiting() -> None:
    async def scenario() -> None:
        predictor = FakePredictor()
        predictor.fault = RuntimeError("a bug")
        coalescer = Coalescer(predictor, make_metrics(), deadline_s=5)
        with pytest.raises(PredictorNonsense):
            await coalescer.predict(make_encoded(1))
        predictor.fault = None
        assert len(await coalescer.predict(make_encoded(1))) == 1

    asyncio.run(scenario())


def test_a_request_is_late_by_its_own_clock_whether_sent_or_waiting() -> None:
    async def scenario() -> None:
        predictor = FakePredictor()
        predictor.gate = asyncio.Event()
        coalescer = Coalescer(predictor, make_metrics(), deadline_s=0.05)
        loop = asyncio.get_running_loop()
        start = loop.time()
        sent = asyncio.ensure_future(coalescer.predict(make_encoded(1)))
        await settle()
        waiting = [coalescer.predict(make_encoded(1)) for _ in range(3)]
        outcomes = await asyncio.gather(sent, *waiting, return_exceptions=True)
        assert all(isinstance(outcome, PredictorTimeout) for outcome in outcomes)
        assert loop.time() - start >= 0.05
        predictor.gate.set()
        await settle()
        assert len(await coalescer.predict(make_encoded(1))) == 1
        assert predictor.calls == [1, 1], "those who were late while they waited are not sent any more"

    asyncio.run(scenario())


def test_a_caller_who_left_is_not_sent_and_leaves_nothing_behind() -> None:
    async def scenario() -> None:
        predictor = FakePredictor()
        predictor.gate = asyncio.Event()
        coalescer = Coalescer(predictor, make_metrics(), deadline_s=5)
        first = asyncio.ensure_future(coalescer.predict(make_encoded(1)))
        await settle()
        gone, last = (asyncio.ensure_future(coalescer.predict(make_encoded(n))) for n in (10, 100))
        await settle()
        gone.cancel()
        await settle()
        predictor.gate.set()
        assert len(await first) == 1
        assert len(await last) == 100
        await settle()
        assert predictor.calls == [1, 100]
        assert not coalescer._waiting
        assert not coalescer._unanswered
        assert not coalescer._calls
        assert coalescer._rows_waiting == 0

    asyncio.run(scenario())


def test_too_many_waiting_flights_are_refused() -> None:
    async def scenario() -> None:
        predictor = FakePredictor()
        predictor.gate = asyncio.Event()
        coalescer = Coalescer(predictor, make_metrics(), deadline_s=5, most_rows_waiting=3)
        waiting = [asyncio.ensure_future(coalescer.predict(make_encoded(2)))]
        await settle()
        waiting += [asyncio.ensure_future(coalescer.predict(make_encoded(2))) for _ in range(2)]
        await settle()
        with pytest.raises(PredictorUnavailable, match="too many"):
            await coalescer.predict(make_encoded(1))
        predictor.gate.set()
        await asyncio.gather(*waiting)

    asyncio.run(scenario())


def test_whoever_waits_when_it_gives_up_hears_so_at_once_whether_sent_or_not() -> None:
    async def scenario() -> None:
        predictor = FakePredictor()
        predictor.gate = asyncio.Event()
        coalescer = Coalescer(predictor, make_metrics(), deadline_s=60)
        waiting = [asyncio.ensure_future(coalescer.predict(make_encoded(1)))]
        await settle()
        waiting += [asyncio.ensure_future(coalescer.predict(make_encoded(n))) for n in (2, 3)]
        await settle()
        coalescer.give_up()
        outcomes = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 1)
        assert all(isinstance(outcome, PredictorUnavailable) for outcome in outcomes)
        predictor.gate.set()
        await settle()
        assert predictor.calls == [1], "who was told already is not sent"

    asyncio.run(scenario())
