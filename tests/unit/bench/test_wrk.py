import math

import pytest

from bench import wrk
from bench.errors import CannotMeasure

PRINTED = """Running 3s test @ http://127.0.0.1:40001
  1 threads and 32 connections
  32096 requests in 3.00s, 11.02MB read
Requests/sec:  10698.62
measured {"duration_us": 3000000, "sent": 32128, "answered": 32096, "late": 3, "not_2xx": 96, "broken": 4, \
"mean_us": 2950, "p50_us": 2890, "p95_us": 3410, "p99_us": 5125}
"""


class TestWhatWrkPrinted:
    def test_is_read_in_seconds_and_milliseconds(self):
        load = wrk.parse(PRINTED)
        assert load.duration_s == 3.0
        assert (load.p50_ms, load.p95_ms, load.p99_ms) == (2.89, 3.41, 5.125)

    def test_tells_requests_sent_from_those_answered_with_2xx(self):
        load = wrk.parse(PRINTED)
        assert (load.sent, load.answered) == (32128, 32000)

    def test_counts_late_answers_apart_from_errors(self):
        load = wrk.parse(PRINTED)
        assert (load.late, load.errors) == (3, 100)

    def test_without_our_line_is_shown_as_the_failure(self):
        with pytest.raises(CannotMeasure, match="unable to connect to"):
            wrk.parse("unable to connect to 127.0.0.1:1 Connection refused\n")

    def test_with_no_answer_at_all_has_only_late_requests_and_no_percentiles(self):
        load = wrk.parse(
            PRINTED.replace("32096", "0").replace('"not_2xx": 96, "broken": 4', '"not_2xx": 0, "broken": 0')
        )
        assert (load.answered, load.late, load.errors) == (0, 32128, 0)
        assert math.isnan(load.p50_ms)

    def test_with_nothing_but_broken_connections_measures_nothing(self):
        with pytest.raises(CannotMeasure, match="no answer"):
            wrk.parse(PRINTED.replace("32096", "0"))


class TestScript:
    def test_writes_what_lua_would_read_otherwise_by_number(self):
        script = wrk.script("/infer", {}, [b'{"a\\n": "\xff\n"}'])
        assert r'local bodies = {"{\034a\092n\034: \034\255\010\034}"}' in script

    def test_posts_to_the_path_with_the_headers(self):
        script = wrk.script("/v2/models/m/infer", {"Content-Type": "application/json"}, [b"1", b"2"])
        assert 'wrk.format("POST", "/v2/models/m/infer", headers, body)' in script
        assert 'local headers = {["Content-Type"] = "application/json"}' in script
        assert 'local bodies = {"1", "2"}' in script


def test_without_wrk_one_sentence_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotMeasure, match="apt-get install wrk"):
        wrk.check_installed()
