import pytest

from bench import rounds
from bench.case import Case
from bench.errors import WrongAnswer
from bench.load import Load
from bench.rounds import Measurement
from bench.variants.variant import Variant
from tests.unit.bench.measured import make_measurement

ONE, MANY = Case(1, 1), Case(32, 1)


class NoTraffic:
    def golden(self):
        return ("golden",)

    def batches(self, flights):
        return (f"batch of {flights}",)


class Answered:
    def wait(self):
        return Load(1.0, 10, 10, 0, 0, 1.0, 1.0, 1.0)

    def end(self):
        pass


class Noted(Variant):
    """Has no servers and notes what it is asked."""

    cases = quick_cases = ()

    def __init__(self, name, notes, wrong=None):
        super().__init__(NoTraffic())
        self.name = name
        self._notes = notes
        self._wrong = wrong

    @classmethod
    def start(cls, starter, traffic):
        raise NotImplementedError

    def check(self, batch, answer):
        raise NotImplementedError

    def ask(self, batch):
        if batch == self._wrong:
            raise WrongAnswer(batch)
        self._notes.append((self.name, batch))

    def send(self, case, duration_s):
        self._notes.append((self.name, str(case)))
        return Answered()


@pytest.fixture(autouse=True)
def _no_warm_up(monkeypatch):
    monkeypatch.setattr(rounds, "WARM_UP", ONE)
    monkeypatch.setattr(rounds, "_IDLE_WINDOW_S", 0)


def loads(notes):
    return "".join(name for name, what in notes if what == "1x1")


class TestOrder:
    def test_every_second_round_goes_backwards(self):
        assert ["".join(rounds.order("ABC", number)) for number in range(4)] == ["ABC", "CBA", "ABC", "CBA"]

    def test_all_variants_of_a_case_are_measured_next_to_each_other(self):
        notes = []
        plan = {Noted(name, notes): [ONE] for name in "ABC"}
        rounds.run(plan, rounds=2, duration_s=0)
        assert loads(notes) == "ABC" + "ABC" + "CBA"  # the first three warm up

    def test_a_variant_without_a_case_is_left_out_of_it(self):
        notes = []
        rounds.run({Noted("A", notes): [ONE, MANY], Noted("B", notes): [MANY]}, rounds=1, duration_s=0)
        measured = [(name, what) for name, what in notes if "x" in what][2:]
        assert measured == [("A", "1x1"), ("A", "32x1"), ("B", "32x1")]


class TestVerification:
    def test_comes_before_each_round(self):
        notes = []
        rounds.run({Noted("A", notes): [ONE]}, rounds=2, duration_s=0)
        assert [what for _, what in notes[1:]] == ["golden", "batch of 1", "1x1"] * 2

    @pytest.mark.parametrize("wrong", ["golden", "batch of 1"])
    def test_ends_the_run_at_a_wrong_answer(self, wrong):
        with pytest.raises(WrongAnswer, match=wrong):
            rounds.run({Noted("A", [], wrong): [ONE]}, rounds=1, duration_s=0)

    def test_goes_on_under_load(self):
        with pytest.raises(WrongAnswer, match="batch of 1"):
            rounds._measure(Noted("A", [], "batch of 1"), MANY, 0)


def test_there_is_one_measurement_for_each_round():
    variant = Noted("A", [])
    measurements = rounds.run({variant: [ONE, MANY]}, rounds=3, duration_s=0)
    assert {key: len(measured) for key, measured in measurements.items()} == {("A", ONE): 3, ("A", MANY): 3}


class TestMeasurement:
    def test_answers_a_second_are_those_with_2xx(self):
        assert make_measurement(answered=800, requests=1000).rps == 800

    def test_cpu_is_spread_over_every_request_that_the_servers_got(self):
        assert make_measurement(answered=800, requests=1000, cpu_s=0.1).cpu_us == pytest.approx(100)

    def test_memory_is_in_mib(self):
        assert isinstance(make_measurement(), Measurement)
        assert make_measurement().rss_mib == 100
