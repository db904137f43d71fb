import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from tests.unit.training.conftest import make_year
from training.encodings import ENCODERS, NATIVE, encode
from training.evaluation import evaluate

ROWS = pd.DataFrame(make_year(600))[["Emp-I", "Des-I", "TIPOVUELO"]]
LATE = (ROWS["Emp-I"] == "AAL").to_numpy() ^ (np.arange(len(ROWS)) % 7 == 0)
TRAINING = np.arange(400)


@pytest.mark.parametrize("name", ENCODERS)
class TestEveryEncoder:
    def test_every_flight_has_finite_columns_that_tell_a_late_airline_from_others(self, name):
        encoded = encode(name, ROWS, TRAINING, LATE[TRAINING])
        assert len(encoded) == len(ROWS)
        late, others = (encoded[400:][(ROWS["Emp-I"][400:] == airline).to_numpy()] for airline in ("AAL", "LAN"))
        assert (late[0] != others[0]).any()

    def test_rows_outside_the_training_part_do_not_shape_the_encoding(self, name):
        others = ROWS.copy()
        others.loc[400:, "Emp-I"] = "AAL"
        here, there = (encode(name, rows, TRAINING, LATE[TRAINING]) for rows in (ROWS, others))
        assert np.array_equal(here[:400], there[:400], equal_nan=True)

    def test_two_fits_give_the_same_bits(self, name):
        once, again = (encode(name, ROWS, TRAINING, LATE[TRAINING]) for _ in range(2))
        assert once.tobytes() == again.tobytes()

    def test_a_category_never_seen_has_a_place(self, name):
        unseen = ROWS.copy()
        unseen.loc[599, "Emp-I"] = "ZZZ"
        last = encode(name, unseen, TRAINING, LATE[TRAINING])[599]
        assert np.isnan(last[0]) if name == NATIVE else np.isfinite(last).all()


def test_encoders_are_fitted_in_one_thread_whose_sums_no_machine_orders_otherwise(monkeypatch):
    threads = []

    class Recording:
        def fit_transform(self, rows, _):
            threads.extend(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
            return pd.DataFrame(np.zeros((len(rows), 3)))

        def transform(self, rows):
            return pd.DataFrame(np.zeros((len(rows), 3)))

    monkeypatch.setitem(ENCODERS, "GLMM", Recording)
    with threadpool_limits(2):
        encode("GLMM", ROWS, TRAINING, LATE[TRAINING])
    assert threads
    assert set(threads) == {1}


def test_catboost_hides_a_training_flight_s_own_outcome():
    labels = LATE.copy()
    labels[399] = ~labels[399]
    here, there = (encode("CatBoost", ROWS, TRAINING, each[TRAINING]) for each in (LATE, labels))
    # all that reaches it is the average, which moves by 1 in 400
    assert here[399] == pytest.approx(there[399], abs=1 / 400)
    assert evaluate(LATE[400:], here[400:, 0], 0.5).roc_auc > 0.6
