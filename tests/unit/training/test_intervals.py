import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score, log_loss, roc_auc_score

from training.intervals import DRAWS, days_of, interval, resample

RANDOM = np.random.default_rng(5)
DAYS = np.repeat(np.arange("2019-01-01", "2019-02-10", dtype="datetime64[D]"), 30)
# few distinct probabilities, so that there are ties
PROBABILITIES = (RANDOM.integers(1, 40, len(DAYS)) / 40).astype(np.float32)
DELAYED = RANDOM.random(len(DAYS)) < PROBABILITIES
THRESHOLD = 0.5


def drawn_weights():
    days = len(np.unique(DAYS))
    return np.random.default_rng(0).multinomial(days, np.full(days, 1 / days), DRAWS)


@pytest.mark.parametrize("draw", [0, 1, 499, 999])
def test_a_draw_is_scored_as_the_flights_of_its_days_repeated(draw):
    draws = resample(DELAYED, PROBABILITIES, THRESHOLD, DAYS)
    flights = np.repeat(np.arange(len(DAYS)), np.repeat(drawn_weights()[draw], 30))
    delayed, probabilities = DELAYED[flights], PROBABILITIES[flights]
    f1 = f1_score(delayed, probabilities >= THRESHOLD)
    assert draws.f1[draw] == pytest.approx(f1)
    assert draws.pr_auc[draw] == pytest.approx(average_precision_score(delayed, probabilities))
    assert draws.roc_auc[draw] == pytest.approx(roc_auc_score(delayed, probabilities))
    assert draws.brier[draw] == pytest.approx(brier_score_loss(delayed, probabilities))
    assert draws.log_loss[draw] == pytest.approx(log_loss(delayed, probabilities.astype(float)), abs=1e-6)
    assert draws.f1_over_flag_all[draw] == pytest.approx(f1 - f1_score(delayed, np.ones_like(delayed)))


def test_a_day_s_flights_share_its_luck_so_stormy_days_widen_the_interval():
    stormy = np.unique(DAYS, return_inverse=True)[1] % 8 == 0
    even = np.arange(len(DAYS)) % 8 == 0
    probabilities = np.full(len(DAYS), 0.125, np.float32)
    by_day, by_flight = (interval(resample(late, probabilities, 0.5, DAYS).brier) for late in (stormy, even))
    assert by_day[1] - by_day[0] > 3 * (by_flight[1] - by_flight[0])


def test_intervals_hold_the_score_and_are_the_same_every_time():
    once, again = (resample(DELAYED, PROBABILITIES, THRESHOLD, DAYS).ci95() for _ in range(2))
    assert once == again
    assert once["f1"][0] < f1_score(DELAYED, PROBABILITIES >= THRESHOLD) < once["f1"][1]


def test_a_draw_without_a_delayed_flight_does_not_spoil_the_interval():
    delayed = DAYS[0] == DAYS
    draws = resample(delayed, PROBABILITIES, THRESHOLD, DAYS)
    assert np.isnan(draws.pr_auc).any()
    assert np.isfinite(interval(draws.pr_auc)).all()


def test_days_are_those_of_the_schedule():
    assert days_of(["2019-01-31 23:59:00", "2019-02-01T00:00"]).tolist() == [
        np.datetime64("2019-01-31").item(),
        np.datetime64("2019-02-01").item(),
    ]
