"""``python -m tests.fuzz TARGET SECONDS``: coverage-guided fuzzing of what callers send, by atheris.

Bytes are mutated as they are, from valid requests on; and the same bytes drive hypothesis' strategies, whose
requests are almost right, so that the fuzzer gets behind the parsers. What fails is kept in build/fuzz.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["flights", "transformer"]):
    from tests.fuzz import judges

from hypothesis import HealthCheck, given, settings

from flights.fields import FIELDS
from tests.fuzz.requests import grpc_messages, junk, rest_requests, usual_bodies
from tests.unit.transformer.test_answers import TestAGrpcRequest
from transformer import samples

FOUND = Path("build/fuzz")


def _driven_by(strategy: object, judge: Callable[..., object]) -> Callable[[bytes], object]:
    @settings(database=None, suppress_health_check=list(HealthCheck), deadline=None)
    @given(strategy)
    def judged(drawn: object) -> None:
        judge(*drawn) if isinstance(drawn, tuple) else judge(drawn)

    return judged.hypothesis.fuzz_one_input  # type: ignore[attr-defined,no-any-return]


def _rest_bytes(received: bytes) -> None:
    """Judge a body; its first two bytes say how much of it is JSON, and 0 that all is."""
    length, body = int.from_bytes(received[:2], "big"), received[2:]
    headers = [(b"inference-header-content-length", b"%d" % length)] if length else []
    judges.judge_rest(headers, body)


def _field_text(received: bytes) -> None:
    judges.judge_value(received.decode("utf-8", "surrogateescape"))


TARGETS: dict[str, Callable[[bytes], object]] = {
    "rest-bytes": _rest_bytes,
    "grpc-bytes": judges.judge_grpc,
    "field-text": _field_text,
    "rest": _driven_by(rest_requests(), judges.judge_rest),
    "ways": _driven_by(usual_bodies(), judges.judge_ways),
    "grpc": _driven_by(grpc_messages(), judges.judge_grpc),
    "field": _driven_by(junk, judges.judge_value),
}


def _seeds(target: str) -> list[bytes]:
    if target == "rest-bytes":
        return [b"\0\0" + json.dumps(sample).encode() for sample in (samples.required_fields(), samples.all_fields())]
    if target == "grpc-bytes":
        return [TestAGrpcRequest.make(raw).SerializeToString() for raw in (False, True)]
    if target == "field-text":
        return [str(field.example).encode() for field in FIELDS]
    return []


def main() -> None:
    """Fuzz one target until the time is over or something is found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("seconds", type=int)
    arguments = parser.parse_args()
    corpus = FOUND / arguments.target
    corpus.mkdir(parents=True, exist_ok=True)
    for place, seed in enumerate(_seeds(arguments.target)):
        (corpus / f"seed-{place}").write_bytes(seed)
    options = [f"-max_total_time={arguments.seconds}", "-timeout=10", "-max_len=8192", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={corpus}-", str(corpus)], TARGETS[arguments.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
