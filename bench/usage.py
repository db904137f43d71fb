"""CPU time and memory of processes and all their descendants, and of the whole machine, from Linux' /proc.

CPU time is that of living and of ended threads, and of children that ended and were waited for, so the sum over
a tree never falls. The kernel counts it in ticks of 10 ms: under 1 % of what a load of seconds takes.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_UTIME, _STIME, _CUTIME, _CSTIME = 11, 12, 13, 14
"""Positions in /proc/PID/stat behind the command's name; see proc(5)."""


def tree(pid: int) -> Iterator[int]:
    """Yield the process and its descendants, as far as they are there."""
    yield pid
    with suppress(OSError):  # it has just ended
        for children in (_PROC / str(pid) / "task").glob("*/children"):
            for child in children.read_text().split():
                yield from tree(int(child))


def cpu_s(pids: Iterable[int]) -> float:
    """Return the CPU seconds that the processes and their descendants have used since they started."""
    ticks = 0
    for pid in pids:
        for each in tree(pid):
            with suppress(OSError):
                ticks += _ticks((_PROC / str(each) / "stat").read_text())
    return ticks / _TICKS_PER_S


def _ticks(stat: str) -> int:
    fields = stat[stat.rindex(")") + 2 :].split()  # the command's name may hold blanks and brackets
    return sum(int(fields[position]) for position in (_UTIME, _STIME, _CUTIME, _CSTIME))


def machine_cpu_s() -> float:
    """Return the CPU seconds that all programs of this machine, and those that share its cores, have used."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(
        int, (_PROC / "stat").read_text().partition("\n")[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / _TICKS_PER_S


def rss_bytes(pids: Iterable[int]) -> int:
    """Return the resident memory of the processes and their descendants; pages that they share count for each."""
    pages = 0
    for pid in pids:
        for each in tree(pid):
            with suppress(OSError):
                pages += int((_PROC / str(each) / "statm").read_text().split()[1])
    return pages * _PAGE_BYTES
