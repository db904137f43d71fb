import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.errors import CannotRollOut
from rollout.weights import moved, parse_steps, remaining


@st.composite
def bases(draw: st.DrawFn) -> dict[str, int]:
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=1, max_size=4)))
    parts = [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]
    return {f"v{position}": part for position, part in enumerate(parts)}


@given(bases(), st.integers(0, 100))
def test_weights_always_add_up_to_100_and_the_version_has_its_share(base, share):
    others = sum(weight for version, weight in base.items() if version != "v0")
    if not others and share < 100:
        with pytest.raises(CannotRollOut, match="no version but v0 has a weight"):
            moved(base, "v0", share)
        return
    weights = moved(base, "v0", share)
    assert sum(weights.values()) == 100
    assert weights["v0"] == share
    assert set(weights) == set(base)
    assert all(weight == 0 for version, weight in weights.items() if version != "v0" and not base[version])


def test_the_others_keep_their_proportion():
    assert moved({"a": 60, "b": 30, "c": 10}, "c", 40) == {"a": 40, "b": 20, "c": 40}


def test_a_version_without_a_weight_yet_gets_its_share():
    assert moved({"a": 100}, "b", 5) == {"a": 95, "b": 5}


def test_steps_are_read():
    assert parse_steps("5,25,100") == (5, 25, 100)


@pytest.mark.parametrize("text", ["", "5,,25", "5, 25", "0,50", "50,25", "50,50", "50,101", "100", "a", "-5"])
def test_steps_that_make_no_sense_are_refused(text):
    with pytest.raises(CannotRollOut, match="--steps"):
        parse_steps(text)


def test_a_step_that_was_reached_is_still_to_be_judged():
    assert remaining((5, 25, 50, 100), 25) == (25, 50, 100)
    assert remaining((5, 25, 50, 100), 7) == (25, 50, 100)
    assert remaining((5, 25), 50) == ()
