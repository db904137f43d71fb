"""What the flags may be; whatever else they are given is refused before anything is read or listened on."""

import pytest

from transformer.arguments import parser

REQUIRED = ["--predictor_host", "127.0.0.1:8086"]

WRONG = {
    "--predictor_host": ["", "localhost", "localhost:", ":8086", "localhost:http", "localhost:0", "localhost:65536",
                         "http://localhost:8086", "::1:8086", "[::1]", "a b:1"],
    "--http_port": ["", "0", "-1", "65536", "80.5", "http", "٨٠٨٠"],
    "--grpc_port": ["0", "65536"],
    "--model_name": ["", "a/b", "a b", "-a", "ñandú", "a\nb", "a%2Fb", "a?"],
    "--deadline_s": ["", "0", "-1", "nan", "inf", "5s", "100000"],
    "--golden_kept_s": ["-1", "nan", "inf"],
    "--unready_s": ["-1", "nan", "inf"],
    "--grace_s": ["-1", "nan", "inf"],
    "--arrival_s": ["0", "nan", "inf"],
    "--grpc_connection_s": ["0", "-1", "nan", "inf", "1e300"],
    "--timeout_keep_alive": ["0", "-1", "1.5"],
    "--most_rows_waiting": ["0", "-1", "1e6"],
    "--most_body_bytes": ["0", "-1", "8MiB"],
    "--trace_endpoint": ["", "collector:4318", "collector", "http://", "http://a:b", "http://a:0", "http://a:65536",
                         "ftp://a", "http://[::1"],
    "--trace_share": ["-0.1", "1.1", "nan", "1%"],
    "--payload_share": ["2"],
    "--payload_most_per_s": ["0"],
    "--payload_most_flights": ["0"],
}  # fmt: skip


@pytest.mark.parametrize(("flag", "value"), [(flag, value) for flag, values in WRONG.items() for value in values])
def test_a_value_that_cannot_be_served_with_is_refused_by_flag_and_value(
    flag: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Some used to end in a stack trace, others in a server that could answer nothing."""
    with pytest.raises(SystemExit) as ended:
        parser(None).parse_args([*REQUIRED, f"{flag}={value}"])
    assert ended.value.code == 2
    sentence = capsys.readouterr().err.splitlines()[-1]
    assert f"argument {flag}: {value!r} must" in sentence


@pytest.mark.parametrize(
    ("flag", "value", "read"),
    [
        ("predictor_host", "[::1]:8086", "[::1]:8086"),
        ("predictor_host", "flights-predictor.default.svc:80", "flights-predictor.default.svc:80"),
        ("http_port", "65535", 65535),
        ("model_name", "late-2.0_b~1", "late-2.0_b~1"),
        ("deadline_s", "0.25", 0.25),
        ("grace_s", "0", 0.0),
        ("trace_endpoint", "https://collector:4318/base", "https://collector:4318/base"),
    ],
)
def test_a_value_that_can_is_taken(flag: str, value: str, read: object) -> None:
    assert getattr(parser(None).parse_args([*REQUIRED, f"--{flag}={value}"]), flag) == read
