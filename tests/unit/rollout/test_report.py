"""What people read: the page, the table, the arguments' errors."""

import base64
import json
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console

from rollout import __main__ as command
from rollout import arguments, page, pictures, status
from rollout.cluster import Pod, Service
from rollout.errors import CannotRollOut, RolledBack
from rollout.journal import MOST_OBSERVATIONS, Journal, Move, State
from rollout.judge import Ruling
from rollout.simulation import GOOD
from tests.unit.rollout.counted import make_counts
from tests.unit.rollout.played import CANARY, STABLE, Played


@pytest.fixture(scope="module")
def promoted() -> Journal:
    return Played().rollout().run(CANARY, (5, 50, 100))


@pytest.fixture(scope="module")
def rolled_back() -> Journal:
    played = Played(canary=replace(GOOD, server_faults=0.05))
    with pytest.raises(RolledBack):
        played.rollout().run(CANARY, (5, 100))
    return played.load()


def test_a_journal_comes_back_as_it_was(promoted):
    again = Journal.decode(promoted.encode())
    assert again == promoted
    assert len(promoted.encode()) < 100_000


def test_a_journal_of_another_release_of_the_program_is_refused(promoted):
    with pytest.raises(CannotRollOut, match="written by another release of this program"):
        Journal.decode(promoted.encode().replace('"format":1', '"format":2'))


@pytest.mark.parametrize(
    "change",
    [
        *(
            {"steps": "5,25"},
            {"steps": 5},
            {"base": [1]},
            {"base": {"v": "all"}},
            {"state": "lost"},
            {"began_s": "then"},
        ),
        *({"version": None}, {"moves": None}, {"moves": [{"at_s": "x", "weights": {}, "why": ""}]}),
        *({"observations": [3]}, {"began_s": "then"}),
    ],
    ids=str,
)
def test_a_journal_with_a_value_of_another_type_is_refused(promoted, change):
    with pytest.raises(CannotRollOut, match="the journal cannot be read, delete it to begin anew: "):
        Journal.decode(json.dumps(json.loads(promoted.encode()) | change))


@pytest.mark.parametrize("text", ["", "[]", "null", '"x"', '{"format":1', "[" * 100_000], ids=lambda text: text[:9])
def test_what_is_no_journal_is_refused(text):
    with pytest.raises(CannotRollOut, match="the journal cannot be read, delete it to begin anew: "):
        Journal.decode(text)


def test_a_journal_does_not_grow_without_end(promoted):
    journal = Journal.decode(promoted.encode())
    last = journal.observations[-1]
    for _ in range(MOST_OBSERVATIONS + 5):
        journal.observe(last)
    assert len(journal.observations) == MOST_OBSERVATIONS
    assert {each.step for each in journal.observations} == {5, 50, 100}


@pytest.mark.parametrize("kind", ["promoted", "rolled_back"])
def test_the_page_stands_alone_and_has_every_verdict(kind, request):
    journal = request.getfixturevalue(kind)
    text = page.render(journal)
    assert not re.search(r'(src|href)="(?!data:)', text)
    for picture in re.findall(r"data:image/png;base64,([^\"]+)", text):
        assert base64.b64decode(picture).startswith(b"\x89PNG")
    for look in page.verdicts(journal):
        assert all(each.criterion in text or each.text in text for each in look.findings)
    assert journal.reason.split(":")[0] in text


def test_what_versions_say_cannot_break_the_page(rolled_back):
    journal = Journal.decode(rolled_back.encode())
    journal.reason = "at 5 %: <script>alert(1)</script>"
    assert "<script>" not in page.render(journal)


def test_totals_count_every_step_once(promoted):
    canary, _ = pictures.total(promoted)
    last = {each.step: each.canary.requests for each in promoted.observations}
    assert canary.requests == sum(last.values())


def test_a_report_without_a_look_is_a_page_too():
    journal = Journal("v", {"a": 100, "v": 0}, (5, 100), 1.0, moves=[Move(1.0, {"a": 100, "v": 0}, "before")])
    assert "before" in page.render(journal)


def table(journal: Journal | None = None) -> str:
    values = {"versions": {STABLE: {"weight": 95}, CANARY: {"weight": 5}}, "shadow": None}
    pods = [Pod("a", STABLE, True, False, 0.0, 0), Pod("b", STABLE, False, False, 0.0, 0)]
    pods += [Pod("c", CANARY, True, True, 0.0, 0)]
    counted = {STABLE: make_counts(1_000, server_faults=10, unseen=20)}
    rows = status.rows(values, pods, {CANARY: Service(True, "", 0.0)}, counted, journal)
    console = Console(width=150, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(status.table(rows, 10.0, journal))
    return console.export_text()


def test_the_table_shows_what_the_pods_counted():
    first, second = (line for line in table().splitlines() if "scl-" in line)
    cells = [cell.strip() for cell in first.split("│")[1:-1]]
    assert cells[:6] == [STABLE, "1/2", "95 %", "100.0", "1.00%", "0.00%"]
    assert cells[7:9] == ["20.00%", "1.00%"]
    assert [cell.strip() for cell in second.split("│")[1:9]] == [CANARY, "0/0", "5 %", "0.0", "-", "-", "-", "-"]


def test_since_when_is_told_where_the_journal_knows_it():
    moves = [Move(0, {STABLE: 100, CANARY: 0}, ""), Move(86_400, {STABLE: 95, CANARY: 5}, "")]
    journal = Journal(CANARY, {STABLE: 100, CANARY: 0}, (5, 100), 0.0, State.RUNNING, moves=moves)
    assert table(journal).count("01-02 00:00:00") == 2


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--steps", "5,5"], "--steps '5,5': they must rise"),
        (["--allow-5xx", "2%"], "--allow-5xx 0.02 --refuse-5xx 0.01: the second must be the larger"),
        (["--misses", "0"], "--misses 0: it must lie between 0 and 1"),
        (["--least-requests", "0"], "--least-requests 0: it must be at least 1"),
        (["--interval", "0.5"], "--interval 0.5s: it must be at least 1s"),
        (["--wait", "10s"], "--wait 10s: it must not be shorter than --interval 60s"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_in_a_sentence(given, sentence, capsys):
    assert command.main(["run", "v", *given]) == 2
    assert capsys.readouterr().err.startswith(f"error: {sentence}")


def test_no_cluster_is_an_error_in_a_sentence(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
    assert command.main(["status"]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: no cluster can be reached")
    assert printed.count("\n") == 1


@pytest.mark.parametrize(("text", "time_s"), [("90", 90), ("90s", 90), ("1.5m", 90), ("1h", 3600)])
def test_times_have_units(text, time_s):
    assert arguments.seconds(text) == time_s


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["simulate", "--rollouts", "0"], "--rollouts: '0' must be a whole number, 1 or more"),
        (["simulate", "--rate", "0"], "--rate: '0' must be above 0"),
        (["simulate", "--seed", "-1"], "--seed: '-1' must be a whole number, 0 or more"),
        (["status", "--window", "0s"], "--window: '0s' must be at least 1s"),
        (["run", "v", "--allow-5xx", "nan"], "--allow-5xx: 'nan' is neither a number nor a percentage"),
        (["run", "v", "--wait", "9" * 400], "must be at most 720h"),
    ],
    ids=lambda given: " ".join(given)[:30] if isinstance(given, list) else "",
)
def test_numbers_that_make_no_sense_are_refused_in_a_sentence(given, sentence, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(given)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_simulation_without_time_to_look_is_refused(capsys):
    assert command.main(["simulate", "--interval", "0"]) == 2
    assert capsys.readouterr().err == "error: --interval 0s: it must be at least 1s\n"


@pytest.mark.parametrize("content", ["a: [b", "<html>", "apiVersion: v1\nkind: Config\nclusters: 5\n"])
def test_a_kubeconfig_that_is_none_is_an_error_in_a_sentence(monkeypatch, tmp_path, capsys, content):
    path = tmp_path / "config"
    path.write_text(content)
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(path))
    assert command.main(["status"]) == 2
    assert re.fullmatch(r"error: the kubeconfig .* cannot be read: .*\n", capsys.readouterr().err)


class Recorded(command.Command):
    """A command without a cluster."""

    def __init__(self, journal: Journal, *given: str) -> None:
        self._parsed = arguments.parser().parse_args(given)
        self._journals = SimpleNamespace(load=lambda: journal)  # type: ignore[assignment]
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_a_report_without_a_place_is_found_out_before_the_rollout(promoted, tmp_path):
    with pytest.raises(CannotRollOut, match="is a folder: it must be a file"):
        Recorded(promoted, "run", "v", "--out", str(tmp_path)).run()
    (tmp_path / "file").touch()
    with pytest.raises(CannotRollOut, match="cannot be written: File exists"):
        Recorded(promoted, "run", "v", "--out", str(tmp_path / "file/report.html")).run()


def test_a_report_that_fails_after_the_rollout_does_not_hide_what_was_decided(promoted, tmp_path):
    recorded = Recorded(promoted, "run", "v", "--out", str(tmp_path))
    recorded._report_if_possible()
    (note,) = recorded.notes
    assert note.startswith("there is no report: --out")


def test_rules_have_the_limits_that_were_given():
    parsed = arguments.parser().parse_args(["run", "v", "--allow-5xx", "0.5%", "--refuse-5xx", "2%"])
    rules = arguments.rules(parsed, 3)
    assert (rules.server_faults.allow, rules.server_faults.refuse, rules.steps) == (0.005, 0.02, 3)


def test_a_simulation_is_a_table(capsys):
    assert command.main(["simulate", "--rollouts", "2", "--rate", "100"]) == 0
    printed = capsys.readouterr().out
    assert "as good as stable" in printed
    assert Ruling.GO_ON not in printed
