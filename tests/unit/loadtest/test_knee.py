import pytest

from loadtest.knee import KneeSearch


@pytest.mark.parametrize("knee_users", [1, 4, 10, 37, 100, 1000])
def test_the_search_ends_close_below_the_knee(knee_users):
    search, goes_on, stages = KneeSearch(10), True, 0
    while goes_on:
        goes_on = search.judge(search.users <= knee_users, float(search.users))
        stages += 1
    assert knee_users / 1.08 - 1 <= search.good_users <= knee_users
    assert search.good_rps == search.good_users
    assert stages < 25


def test_a_first_stage_that_misses_is_halved_until_one_user_is_too_many():
    search = KneeSearch(10)
    assert [search.judge(False, 3.0), search.users] == [True, 5]
    assert [search.judge(False, 3.0), search.users] == [True, 2]
    assert [search.judge(False, 3.0), search.users] == [True, 1]
    assert not search.judge(False, 3.0)
    assert (search.good_users, search.good_rps) == (0, 0.0)
