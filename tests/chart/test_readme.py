from pathlib import Path

import pytest

from scripts.chart_readme import CHARTS, values, with_table

each_chart = pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)


def test_both_charts_are_found() -> None:
    assert [chart.name for chart in CHARTS] == ["flight-delay", "flight-delay-loadtest"]


@each_chart
def test_the_table_of_values_is_what_their_comments_say(chart: Path) -> None:
    readme = (chart / "README.md").read_text()
    assert with_table(readme, (chart / "values.yaml").read_text()) == readme


@each_chart
def test_every_value_has_a_comment(chart: Path) -> None:
    assert [value.key for value in values((chart / "values.yaml").read_text()) if not value.comment] == []


def test_a_comment_goes_on_over_lines_and_ends_at_its_key() -> None:
    (first, second) = values("a:\n  # -- One\n  # and more.\n  b: [1]\n# -- Two.\nc: {}\n")
    assert (first.key, first.default, first.comment) == ("a.b", "[1]", "One and more.")
    assert (second.key, second.default, second.comment) == ("c", "{}", "Two.")
