import pytest

from bench.case import Case


def test_a_case_is_written_as_it_is_read():
    assert str(Case.parse("500x1")) == "500x1"
    assert Case.parse("4x1000") == Case(connections=4, flights=1000)


@pytest.mark.parametrize("text", ["32", "x1", "32x", "0x1", "32x0", "32X1", "32x1x1", " 32x1", "99999x1"])
def test_anything_else_is_refused_and_shown(text):
    with pytest.raises(ValueError, match="such as 32x1"):
        Case.parse(text)
