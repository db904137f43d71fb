import socket
from pathlib import Path

import pytest

from scripts.ports import free_ports
from scripts.serve import CannotServe, Settings


@pytest.fixture
def environment():
    """Ports that are free, so that nothing on this machine decides the outcome."""
    http_port, grpc_port = free_ports(2)
    return {"HTTP_PORT": str(http_port), "GRPC_PORT": str(grpc_port)}


def test_bundle_and_model_name_have_defaults(environment):
    settings = Settings.from_environment(environment | {"BUNDLE": ""})
    assert (settings.bundle, settings.model_name) == (Path("bundles/scl"), "flight-delay")


def test_every_variable_is_read(environment):
    settings = Settings.from_environment(environment | {"BUNDLE": "other", "MODEL_NAME": "late-2.0_b~1"})
    assert settings == Settings(
        int(environment["HTTP_PORT"]), int(environment["GRPC_PORT"]), Path("other"), "late-2.0_b~1"
    )


@pytest.mark.parametrize("name", ["HTTP_PORT", "GRPC_PORT"])
@pytest.mark.parametrize("text", ["http", "80.5", "-1", "0", "65536", "8080 ", "٨٠٨٠"])
def test_a_port_that_is_no_port_is_refused(environment, name, text):
    with pytest.raises(CannotServe, match=f"{name} is .*: it must be a port, a number from 1 to 65535"):
        Settings.from_environment(environment | {name: text})


@pytest.mark.parametrize("name", ["HTTP_PORT", "GRPC_PORT"])
@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_taken_port_is_refused_by_name(environment, name, address):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as gRPC servers hold theirs
        taken.bind((address, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotServe, match=f"port {port} is not to be had, .* in use: set {name} to another one"):
            Settings.from_environment(environment | {name: str(port)})


def test_a_port_that_was_in_use_a_moment_ago_is_free(environment):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = server.accept()
            accepted.close()  # the side that closes first holds the port in TIME_WAIT
            assert client.recv(1) == b""
    assert Settings.from_environment(environment | {"HTTP_PORT": str(port)}).http_port == port


def test_one_port_for_both_is_refused(environment):
    with pytest.raises(CannotServe, match="they must differ"):
        Settings.from_environment(environment | {"GRPC_PORT": environment["HTTP_PORT"]})


@pytest.mark.parametrize("name", ["a/b", "a b", "vuelo-año", "a%20b", "..", "a?b", "a'b", "a\n"])
def test_a_model_name_that_a_url_cannot_hold_is_refused(environment, name):
    with pytest.raises(CannotServe, match="MODEL_NAME is"):
        Settings.from_environment(environment | {"MODEL_NAME": name})
