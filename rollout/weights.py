"""Weights of versions, in whole percent that add up to 100."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from rollout.errors import CannotRollOut

Weights = Mapping[str, int]

ALL = 100


def moved(base: Weights, version: str, share: int) -> dict[str, int]:
    """Return weights in which a version has this share and the others the rest, as they had it among themselves.

    Args:
        base: The weights to start from, in which others than the version have traffic.
        version: One of them.
        share: From 0 to 100.

    Raises:
        CannotRollOut: There is nobody to give the rest to.
    """
    others = {name: weight for name, weight in base.items() if name != version}
    total, rest = sum(others.values()), ALL - share
    if rest and not total:
        raise CannotRollOut(f"no version but {version} has a weight: say which one is to have the other {rest} %")
    exact = {name: rest * weight / total if total else 0.0 for name, weight in others.items()}
    weights = {name: int(part) for name, part in exact.items()}
    by_remainder = sorted(exact, key=lambda name: (weights[name] - exact[name], name))
    for name in by_remainder[: rest - sum(weights.values())]:
        weights[name] += 1
    return {name: share if name == version else weights[name] for name in {**base, version: 0}}


def parse_steps(text: str) -> tuple[int, ...]:
    """Read steps such as ``5,25,50,100``.

    Raises:
        CannotRollOut: They are no whole percent from 1 to 100, or do not rise.
    """
    if not re.fullmatch(r"\d{1,3}(,\d{1,3})*", text):
        raise CannotRollOut(f"--steps {text!r}: it must be whole percent with commas between, such as 5,25,50,100")
    steps = tuple(map(int, text.split(",")))
    if steps[0] < 1 or steps[-1] > ALL or any(a >= b for a, b in pairwise(steps)):
        raise CannotRollOut(f"--steps {text!r}: they must rise, from at least 1 to at most 100")
    if steps[0] == ALL:
        raise CannotRollOut(f"--steps {text!r}: one must be below 100, where there is somebody to compare with")
    return steps


def remaining(steps: Sequence[int], weight: int) -> tuple[int, ...]:
    """Return the steps that are left at a weight; one that is reached is still to be judged."""
    return tuple(step for step in steps if step >= weight)


def shown(weights: Weights) -> str:
    """Write weights for a person."""
    return ", ".join(f"{version} {weight} %" for version, weight in sorted(weights.items()))
