"""wrk as the load generator: its Lua script, its run and its answer.

wrk sends the requests in turn, one at a time on each connection. Its ``done`` hook writes one line of JSON, so
that nothing is read from the text that it prints for people. An answer that took longer than the limit counts
as late; wrk leaves it out of the percentiles. Its percentiles are corrected for coordinated omission: wrk adds
what would have been measured while a connection waited longer than usual.
"""

import json
import math
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence

from bench.errors import CannotMeasure
from bench.load import Load

LATE_S = 2
"""An answer that takes longer is late; the limit of the old service's stress test."""

INSTALL = "wrk is not installed: apt-get install wrk"

_MARK = "measured "
_STOP_LIMIT_S = 20.0

_SCRIPT = """
local bodies = {%(bodies)s}
local headers = {%(headers)s}
local requests = {}
local at = 0
local thread
sent = 0  -- global: the only ones that `done` can read from a thread

function setup(started)
  thread = started
end

function init(arguments)
  for i, body in ipairs(bodies) do
    requests[i] = wrk.format("POST", "%(path)s", headers, body)
  end
end

function request()
  at = at %% #requests + 1
  sent = sent + 1
  return requests[at]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '%(mark)s{"duration_us": %%d, "sent": %%d, "answered": %%d, "late": %%d, "not_2xx": %%d, "broken": %%d, ' ..
    '"mean_us": %%d, "p50_us": %%d, "p95_us": %%d, "p99_us": %%d}\\n',
    summary.duration, thread:get("sent"), summary.requests, errors.timeout, errors.status,
    errors.connect + errors.read + errors.write,
    latency.mean, latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
"""


def check_installed() -> None:
    """Make sure that there is wrk.

    Raises:
        CannotMeasure: There is none.
    """
    if shutil.which("wrk") is None:
        raise CannotMeasure(INSTALL)


def version() -> str:
    """Return wrk's version as it tells it."""
    told = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    return told.partition(" [")[0].removeprefix("wrk ")


def run(
    *, port: int, path: str, headers: Mapping[str, str], bodies: Sequence[bytes], connections: int, duration_s: float
) -> "Running":
    """Start to send the bodies in turn to 127.0.0.1, on one thread."""
    return Running(port, script(path, headers, bodies), connections, duration_s)


class Running:
    """A started wrk.

    Args:
        port: Where to send to.
        lua: Its script.
        connections: How many it opens.
        duration_s: Whole seconds that it sends for.
    """

    def __init__(self, port: int, lua: str, connections: int, duration_s: float) -> None:
        self._duration_s = duration_s
        self._file = tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="ascii")  # noqa: SIM115 - lives as long as wrk
        self._file.write(lua)
        self._file.flush()
        # No preexec_fn: it would make Python fork, and gRPC's threads break in the fork. wrk ends by itself.
        command = ["wrk", "-t1", f"-c{connections}", f"-d{duration_s:g}s", f"--timeout={LATE_S}s", "--latency"]
        self._popen = subprocess.Popen(
            [*command, "-s", self._file.name, f"http://127.0.0.1:{port}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def wait(self) -> Load:
        """Return what it measured.

        Raises:
            CannotMeasure: It measured nothing.
        """
        try:
            printed, _ = self._popen.communicate(timeout=self._duration_s + _STOP_LIMIT_S)
        except subprocess.TimeoutExpired as error:
            raise CannotMeasure("wrk did not end in time") from error
        finally:
            self.end()
        return parse(printed)

    def end(self) -> None:
        """End it, whatever its state."""
        if self._popen.poll() is None:
            self._popen.kill()
            self._popen.wait()
        self._file.close()


def script(path: str, headers: Mapping[str, str], bodies: Sequence[bytes]) -> str:
    """Write the Lua script that posts the bodies in turn."""
    return _SCRIPT % {
        "bodies": ", ".join(map(_quoted, bodies)),
        "headers": ", ".join(
            f"[{_quoted(name.encode())}] = {_quoted(value.encode())}" for name, value in headers.items()
        ),
        "path": path,
        "mark": _MARK,
    }


def _quoted(content: bytes) -> str:
    """Write bytes as a Lua string: what is not plain ASCII, and what Lua reads otherwise, by its number."""
    plain = "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03}" for byte in content)
    return f'"{plain}"'


def parse(printed: str) -> Load:
    """Read what wrk printed with our script.

    Raises:
        CannotMeasure: It failed, or the connections did, all of them.
    """
    line = next((line for line in printed.splitlines() if line.startswith(_MARK)), None)
    if line is None:
        raise CannotMeasure(f"wrk failed: {printed.strip()[-300:] or 'it printed nothing'}")
    measured = json.loads(line.removeprefix(_MARK))
    duration_s = measured["duration_us"] / 1e6
    late = measured["late"]
    if measured["answered"] == 0:
        if measured["broken"]:
            raise CannotMeasure(f"wrk got no answer: {measured}")
        # every request is as old as the load, and there is nothing to take percentiles of
        late = measured["sent"] if duration_s > LATE_S else 0
        measured |= dict.fromkeys(("mean_us", "p50_us", "p95_us", "p99_us"), math.nan)
    return Load(
        duration_s=duration_s,
        sent=measured["sent"],
        answered=measured["answered"] - measured["not_2xx"],
        late=late,
        errors=measured["not_2xx"] + measured["broken"],
        p50_ms=measured["p50_us"] / 1e3,
        p95_ms=measured["p95_us"] / 1e3,
        p99_ms=measured["p99_us"] / 1e3,
        mean_ms=measured["mean_us"] / 1e3,
    )
