from scripts.chart_readme import values, with_table
from tests.chart.rendering import CHART

VALUES = (CHART / "values.yaml").read_text()


def test_the_table_of_values_is_what_their_comments_say() -> None:
    readme = (CHART / "README.md").read_text()
    assert with_table(readme, VALUES) == readme


def test_every_value_has_a_comment() -> None:
    assert [value.key for value in values(VALUES) if not value.comment] == []


def test_a_comment_goes_on_over_lines_and_ends_at_its_key() -> None:
    (first, second) = values("a:\n  # -- One\n  # and more.\n  b: [1]\n# -- Two.\nc: {}\n")
    assert (first.key, first.default, first.comment) == ("a.b", "[1]", "One and more.")
    assert (second.key, second.default, second.comment) == ("c", "{}", "Two.")
