"""Measurements of which a test changes the one thing that it is about."""

from bench.load import Load
from bench.rounds import Measurement


def make_measurement(
    *, answered=1000, late=0, errors=0, p50_ms=1.0, p99_ms=2.0, cpu_s=0.1, requests=1000
) -> Measurement:
    load = Load(
        duration_s=1.0,
        sent=requests,
        answered=answered,
        late=late,
        errors=errors,
        p50_ms=p50_ms,
        p95_ms=p99_ms,
        p99_ms=p99_ms,
    )
    return Measurement(load, requests=requests, cpu_s=cpu_s, rss_bytes=100 * 2**20, others_cores=0.25)
