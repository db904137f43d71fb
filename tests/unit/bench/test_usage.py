"""CPU time is not time on the clock: these hold on a busy machine too."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench import usage

BURN = """
import sys, time
while time.process_time() < 0.5:
    pass
ballast = bytearray(64 * 2**20)
print("burned", flush=True)
sys.stdin.read()
"""
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {BURN!r}])
print("waited", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def start():
    started = []

    def start(code):
        popen = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(popen)
        assert popen.stdout.readline() == b"burned\n"
        return popen

    yield start
    for popen in started:
        popen.stdin.close()
        popen.wait()
        popen.stdout.close()


class TestCpuSeconds:
    def test_of_a_process_are_what_it_burned(self, start):
        assert 0.45 <= usage.cpu_s([start(BURN).pid]) <= 1.0

    def test_of_a_process_hold_those_of_its_living_child(self, start):
        assert usage.cpu_s([start(PARENT).pid]) >= 0.45

    def test_of_a_child_are_kept_when_it_has_ended(self, start):
        parent = start(PARENT)
        before = usage.cpu_s([parent.pid])
        (child,) = set(usage.tree(parent.pid)) - {parent.pid}
        parent.stdin.close()  # both read it: the child ends at its end, and the parent says that it has waited
        assert parent.stdout.readline() == b"waited\n"
        assert not Path(f"/proc/{child}").exists()
        assert before >= 0.45
        # the parent reads an ended stdin and ends too; until it is waited for, its account is still there
        assert usage.cpu_s([parent.pid]) >= before

    def test_of_several_processes_are_added(self, start):
        assert 0.9 <= usage.cpu_s([start(BURN).pid, start(BURN).pid]) <= 2.0

    def test_of_a_process_that_is_not_there_are_none(self):
        assert usage.cpu_s([2**22 + 1]) == 0

    def test_of_the_machine_rise_with_those_of_a_process(self, start):
        before = usage.machine_cpu_s()
        start(BURN)
        assert usage.machine_cpu_s() - before >= 0.4


class TestMemory:
    def test_of_a_process_is_what_it_touched(self, start):
        assert usage.rss_bytes([start(BURN).pid]) >= 64 * 2**20

    def test_of_a_process_holds_that_of_its_child(self, start):
        assert usage.rss_bytes([start(PARENT).pid]) >= 64 * 2**20


def test_a_command_name_with_brackets_and_blanks_does_not_move_the_fields():
    fields = ["S", *map(str, range(1, 40))]
    assert usage._ticks(f"12 (a ) (b) {' '.join(fields)}") == 11 + 12 + 13 + 14
