from collections import Counter

import pytest

from loadtest.budgets import Budgets, share_misses
from loadtest.windows import Tally

BUDGETS = Budgets(p95_ms=10, p99_ms=20, error_rate=0.01, min_rps=50)
GOOD = Tally(100, 0, Counter({10: 95, 20: 5}))


def test_what_lies_on_the_limits_is_kept():
    assert BUDGETS.missed(GOOD, Tally(100, 1), 1.98) == []


@pytest.mark.parametrize(
    ("good", "everything", "seconds", "sentence"),
    [
        (
            Tally(100, 0, Counter({10: 94, 11: 6})),
            GOOD,
            1,
            "95 % of the requests took up to 11 ms: the budget is 10 ms",
        ),
        (Tally(100, 0, Counter({9: 98, 30: 2})), GOOD, 1, "99 % of the requests took up to 30 ms: the budget is 20 ms"),
        (GOOD, Tally(100, 2), 1, "2.00% of the requests failed: the budget is 1.00%"),
        (GOOD, GOOD, 2.5, "40.0 requests a second were answered: the budget is 50"),
        (Tally(), Tally(), 1, "no request was answered"),
    ],
)
def test_each_miss_is_a_sentence(good, everything, seconds, sentence):
    assert BUDGETS.missed(good, everything, seconds) == [sentence]


def test_a_run_of_bad_requests_alone_has_no_latency_to_keep():
    assert "95 % of the requests took up to nan ms: the budget is 10 ms" in BUDGETS.missed(Tally(), GOOD, 1)


def test_without_limits_only_errors_and_silence_count():
    none = Budgets(None, None, 0.0, None)
    assert none.missed(Tally(1, 0, Counter({9000: 1})), Tally(1, 0), 100) == []
    assert none.missed(Tally(), Tally(), 100) == ["no request was answered"]


@pytest.mark.parametrize(
    ("versions", "sentences"),
    [
        ([("a", 900), ("b", 100)], []),
        ([("a", 870), ("b", 130)], []),
        ([("a", 800), ("b", 200)], ["version a gave 80.0% of 1000", "version b gave 20.0% of 1000"]),
        ([("a", 1000)], ["version a gave 100.0% of 1000", "version b gave 0.0% of 1000"]),
        ([("a", 900), ("b", 100), ("c", 1)], ["version c answered: only a, b may"]),
        ([], ["version a gave nan% of 0", "version b gave nan% of 0"]),
    ],
)
def test_a_versions_share_may_be_off_by_chance_only(versions, sentences):
    missed = share_misses(versions, {"a": 90, "b": 10})
    assert len(missed) == len(sentences)
    assert all(sentence in miss for sentence, miss in zip(sentences, missed, strict=True))
