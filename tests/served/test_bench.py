"""What ``python -m bench`` compares with is right itself, and nothing that it starts outlives it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.processes import Starter
from bench.traffic import Traffic
from bench.variants.docs_style import DocsStyle
from bench.variants.old_service import OldService, OldServiceOnce
from tests.served import running

pytestmark = pytest.mark.served

BUNDLE = Path("bundles/scl")


def bench(*arguments, **changes):
    return subprocess.Popen(
        [sys.executable, "-m", "bench", "--quick", *map(str, arguments)],
        cwd=running.ROOT,
        stderr=subprocess.PIPE,
        text=True,
        **changes,
    )


@pytest.fixture
def starter(tmp_path):
    with Starter(tmp_path) as starter:
        yield starter


def test_the_docs_style_transformer_answers_golden_flights_and_batches_as_the_booster_does(starter):
    traffic = Traffic(running.ROOT / BUNDLE)
    docs_style = DocsStyle.start(starter, traffic)
    for batch in (*traffic.golden(), traffic.batches(100)[0]):
        docs_style.ask(batch)


@pytest.mark.parametrize("kind", [OldService, OldServiceOnce])
def test_the_old_design_answers_golden_flights_and_batches_as_the_booster_does(starter, kind):
    traffic = Traffic(running.ROOT / BUNDLE)
    old_service = kind.start(starter, traffic)
    for batch in (*traffic.golden()[:5], traffic.batches(100)[0]):
        old_service.ask(batch)


@pytest.mark.parametrize("variant", ["bentoml", "mlserver"])
def test_a_variant_that_cannot_be_installed_is_left_out_with_a_sentence(tmp_path, variant):
    (tmp_path / "wrk").symlink_to("/bin/true")  # it is looked for, and not reached
    process = bench(
        *("--variants", variant, "--cases", "1x1", "--rounds", 1, "--out", tmp_path / "bench.json"),
        env={
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "UV_OFFLINE": "1",
            "UV_CACHE_DIR": str(tmp_path),
            "BENCH_ENVS": str(tmp_path / "envs"),
        },
    )
    _, printed = process.communicate()
    assert process.returncode == 2
    assert f"{variant} is left out, it cannot be installed: " in printed
    assert printed.endswith("no variant is left to measure\n")
    assert "Traceback" not in printed


def test_without_wrk_it_says_how_to_install_it_and_ends_with_2(tmp_path):
    process = bench("--out", tmp_path / "bench.json", env={"PATH": str(tmp_path)})
    _, printed = process.communicate()
    assert (process.returncode, printed) == (2, "wrk is not installed: apt-get install wrk\n")


def test_nor_does_the_stress_test_start_without_wrk(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "bench.stress"],
        cwd=running.ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (2, "wrk is not installed: apt-get install wrk\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whatever_ends_it_ends_its_servers(tmp_path, number):
    (tmp_path / "wrk").symlink_to("/bin/true")  # it is looked for, and not reached
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    process = bench("--variants", "echo", "--cases", "32x1", "--out", tmp_path / "bench.json", env=path)
    assert process.stderr.readline() == "starting echo\n"
    running.wait_until(lambda: children(process.pid), "a server")
    started = children(process.pid)
    process.send_signal(number)
    process.communicate()
    running.wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started), "the end of the server")


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
