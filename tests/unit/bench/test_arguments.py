"""Arguments that make no sense are refused before anything is started."""

import sys

import pytest

from bench import __main__ as bench
from bench import stress


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5"])
@pytest.mark.parametrize(
    ("command", "flag"),
    [(bench, "--rounds"), (bench, "--seconds"), (stress, "--seconds"), (stress, "--connections")],
    ids=["rounds", "seconds", "seconds of stress", "connections"],
)
def test_a_number_below_1_is_refused(command, flag, number, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bench", f"{flag}={number}"])
    with pytest.raises(SystemExit, match="2"):
        command.main()
    assert f"argument {flag}: {number!r} must be a whole number, 1 or more" in capsys.readouterr().err
