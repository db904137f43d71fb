import math
from collections import Counter
from types import SimpleNamespace

import pytest

from loadtest.windows import Tally, Windows, total


def entry(requests, failures=0, **latencies_ms):
    times = {int(name[1:]): count for name, count in latencies_ms.items()}
    return SimpleNamespace(num_requests=requests, num_failures=failures, response_times=times)


def test_a_window_has_what_happened_since_the_one_before():
    windows = Windows()
    windows.close(1.0, {"infer": entry(3, 1, _5=3)}, users=2)
    second = windows.close(3.0, {"infer": entry(7, 2, _5=4, _9=3)}, users=4)
    assert (second.start_s, second.end_s, second.seconds, second.users) == (1.0, 3.0, 2.0, 4)
    assert second.rows == {"infer": Tally(4, 1, Counter({5: 1, 9: 3}))}
    assert windows.where(lambda window: window.users == 2) == [windows.all[0]]


def test_after_a_reset_of_the_statistics_a_window_starts_from_nothing():
    windows = Windows()
    windows.close(1.0, {"infer": entry(30, 0, _5=30)}, users=1)
    assert windows.close(2.0, {"infer": entry(4, 0, _5=4)}, users=1).rows["infer"].requests == 4


def test_requests_that_must_be_refused_say_nothing_of_latency():
    rows = {"infer": entry(2, 0, _5=2), "bad: null": entry(1, 0, _900=1)}
    window = Windows().close(1.0, rows, users=1)
    assert window.good == Tally(2, 0, Counter({5: 2}))
    assert window.everything.requests == 3


@pytest.mark.parametrize(
    ("percent", "latency_ms"), [(50, 1), (90, 1), (90.5, 2), (95, 2), (99, 2), (99.5, 70), (100, 70)]
)
def test_a_percentile_is_what_so_many_took_at_most(percent, latency_ms):
    assert Tally(100, 0, Counter({1: 90, 70: 1, 2: 9})).percentile_ms(percent) == latency_ms


def test_nothing_has_no_percentile_and_no_error_rate():
    assert math.isnan(total([]).percentile_ms(95))
    assert math.isnan(total([]).error_rate)
