import signal
import socket
from dataclasses import dataclass

import grpc
import numpy as np
import psutil
import pytest
import xgboost
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from scripts.ports import free_ports
from tests.served.running import NOTHING, get, listens, post, wait_until

pytestmark = pytest.mark.served

COLUMNS = 6
RAW_HEADER = "inference-header-content-length"


def command(folder, http_port, grpc_port):
    return (
        *("-m", "model_server", "--model_name", "m", "--model_dir", folder, "--host", "127.0.0.1"),
        *("--http_port", http_port, "--grpc_port", grpc_port, "--nthread", 1),
    )


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(7).normal(size=(5, COLUMNS)).astype(np.float32)


@pytest.fixture(scope="module")
def booster():
    x = np.random.default_rng(1).normal(size=(400, COLUMNS)).astype(np.float32)
    label = (x[:, 0] + x[:, COLUMNS - 1] > 0).astype(int)
    parameters = {"objective": "binary:logistic", "nthread": 1, "seed": 1}
    return xgboost.train(parameters, xgboost.DMatrix(x, label=label, nthread=1), 8)


def probabilities(booster, matrix):
    return booster.predict(xgboost.DMatrix(matrix, nthread=1))


@dataclass(frozen=True)
class Runtime:
    http_port: int
    grpc_port: int
    pid: int

    def infer(self, body, headers=NOTHING):
        return post(self.http_port, "/v2/models/m/infer", body, headers)

    def call(self, request):
        with grpc.insecure_channel(f"127.0.0.1:{self.grpc_port}") as channel:
            stub = GRPCInferenceServiceStub(channel)
            return stub.ModelInfer(request, timeout=10, wait_for_ready=True)


@pytest.fixture(scope="module")
def runtime(start_shared, booster, tmp_path_factory):
    """One server for the module, in front of a folder with everything beside the booster that must be ignored."""
    folder = tmp_path_factory.mktemp("folder")
    booster.save_model(folder / "model.ubj")
    (folder / "README.txt").write_text("not a booster")
    (folder / "older.json").mkdir()
    booster.save_model(folder / "older.json" / "model.json")
    ports = free_ports(2)
    running = start_shared(*command(folder, *ports), "--no_such_flag=1", until=(ports[0], "/v2/models/m/ready"))
    return Runtime(*ports, running.popen.pid)


def tensor(rows, **changes):
    return {"name": "x", "datatype": "FP32", "shape": list(rows.shape), "data": rows.ravel().tolist(), **changes}


def grpc_request(rows, **changes):
    tensor = pb.ModelInferRequest.InferInputTensor(name="x", datatype="FP32", shape=rows.shape)
    return pb.ModelInferRequest(model_name="m", id="7", inputs=[tensor], **changes)


class TestAnswers:
    def test_a_json_tensor_is_answered_with_the_boosters_probabilities(self, runtime, booster, rows):
        answer = runtime.infer({"id": "7", "inputs": [tensor(rows)]})
        assert (answer.status, answer.json()["model_name"], answer.json()["id"]) == (200, "m", "7")
        (output,) = answer.json()["outputs"]
        assert (output["name"], output["datatype"], output["shape"]) == ("output-0", "FP32", [len(rows)])
        np.testing.assert_array_equal(np.float32(output["data"]), probabilities(booster, rows))

    def test_a_nested_json_tensor_is_the_same(self, runtime, booster, rows):
        answer = runtime.infer({"inputs": [tensor(rows, data=rows.tolist())]})
        np.testing.assert_array_equal(np.float32(answer.json()["outputs"][0]["data"]), probabilities(booster, rows))

    def test_a_binary_tensor_is_answered_in_binary_when_asked(self, runtime, booster, rows):
        header = (
            b'{"inputs":[{"name":"x","datatype":"FP32","shape":[%d,%d],"parameters":{"binary_data_size":%d}}],'
            b'"parameters":{"binary_data_output":true}}' % (*rows.shape, rows.nbytes)
        )
        answer = runtime.infer(
            header + rows.tobytes(), {"Content-Type": "application/octet-stream", RAW_HEADER: str(len(header))}
        )
        assert answer.status == 200
        served = np.frombuffer(answer.body[int(answer.headers[RAW_HEADER]) :], "<f4")
        np.testing.assert_array_equal(served, probabilities(booster, rows))

    def test_a_typed_grpc_tensor_is_answered_typed(self, runtime, booster, rows):
        request = grpc_request(rows)
        request.inputs[0].contents.fp32_contents.extend(rows.ravel().tolist())
        answer = runtime.call(request)
        (output,) = answer.outputs
        assert (answer.id, output.name, output.datatype, output.shape) == ("7", "output-0", "FP32", [len(rows)])
        assert not answer.raw_output_contents
        np.testing.assert_array_equal(np.float32(output.contents.fp32_contents), probabilities(booster, rows))

    def test_a_raw_grpc_tensor_is_answered_raw(self, runtime, booster, rows):
        answer = runtime.call(grpc_request(rows, raw_input_contents=[rows.tobytes()]))
        assert (answer.outputs[0].name, answer.outputs[0].shape) == ("output-0", [len(rows)])
        served = np.frombuffer(answer.raw_output_contents[0], "<f4")
        np.testing.assert_array_equal(served, probabilities(booster, rows))

    def test_columns_that_are_missing_at_the_end_are_missing_values_and_no_error(self, runtime, booster, rows):
        answer = runtime.infer({"inputs": [tensor(rows[:, :3])]})
        padded = rows.copy()
        padded[:, 3:] = np.nan
        assert answer.status == 200
        np.testing.assert_array_equal(np.float32(answer.json()["outputs"][0]["data"]), probabilities(booster, padded))

    def test_only_the_first_tensor_is_read(self, runtime, booster, rows):
        answer = runtime.infer({"inputs": [tensor(rows), tensor(rows, name="y", datatype="NONSENSE")]})
        np.testing.assert_array_equal(np.float32(answer.json()["outputs"][0]["data"]), probabilities(booster, rows))

    def test_with_content_type_pd_every_tensor_is_a_column(self, runtime, booster, rows):
        columns = [tensor(rows[:, at], name=f"c{at}") for at in range(COLUMNS)]
        answer = runtime.infer({"inputs": columns, "parameters": {"content_type": "pd"}})
        np.testing.assert_array_equal(np.float32(answer.json()["outputs"][0]["data"]), probabilities(booster, rows))


MALFORMED = {
    "too many columns": {"shape": [1, COLUMNS + 1], "data": [0.0] * (COLUMNS + 1)},
    "a datatype of the protocol that is no number": {"datatype": "BYTES", "data": ["a"] * COLUMNS},
    "a datatype outside the protocol": {"datatype": "FP12"},
    "a shape for more values": {"shape": [2, COLUMNS]},
}


@pytest.mark.parametrize("changes", MALFORMED.values(), ids=MALFORMED)
def test_a_tensor_that_makes_no_matrix_for_the_booster_is_answered_500_with_a_sentence(runtime, rows, changes):
    answer = runtime.infer({"inputs": [tensor(rows[:1], **changes)]})
    assert answer.status == 500
    assert answer.json()["error"]


def test_over_grpc_it_is_an_invalid_argument(runtime, rows):
    wide = np.hstack([rows, rows])
    with pytest.raises(grpc.RpcError) as caught:
        runtime.call(grpc_request(wide, raw_input_contents=[wide.tobytes()]))
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_with_a_host_it_listens_on_that_address_alone(runtime):
    wait_until(lambda: listens(runtime.grpc_port), "listening for gRPC")
    listening = [
        connection.laddr
        for connection in psutil.Process(runtime.pid).connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert sorted(address.port for address in listening) == sorted([runtime.http_port, runtime.grpc_port])
    assert {address.ip.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


class TestStart:
    @pytest.fixture
    def folder(self, tmp_path):
        folder = tmp_path / "folder"
        folder.mkdir()
        return folder

    def test_without_a_booster_it_stays_up_and_knows_no_model(self, start, folder):
        ports = free_ports(2)
        running = start(*command(folder, *ports), until=(ports[0], "/v2/health/ready"))
        assert get(ports[0], "/v2/models/m/ready").status == 404
        assert running.popen.poll() is None
        assert "has no booster at its top" in running.stderr

    def test_with_two_boosters_it_stops(self, start, folder):
        (folder / "a.ubj").touch()
        (folder / "b.bst").touch()
        running = start(*command(folder, *free_ports(2)))
        assert running.wait_for_exit() == 1
        assert running.stderr.splitlines()[-1].endswith("has more than one booster at its top: a.ubj, b.bst: leave one")

    def test_with_a_booster_that_is_cut_it_stops(self, start, folder, booster):
        booster.save_model(folder / "model.ubj")
        saved = (folder / "model.ubj").read_bytes()
        (folder / "model.ubj").write_bytes(saved[: len(saved) // 2])
        running = start(*command(folder, *free_ports(2)))
        assert running.wait_for_exit() == 1
        assert f"{folder} has a booster that xgboost {xgboost.__version__} cannot read" in running.stderr
        assert "Traceback" not in running.stderr

    @pytest.mark.parametrize("taken_one", [0, 1], ids=["for REST", "for gRPC"])
    def test_a_taken_port_stops_it_with_one_sentence_instead_of_being_shared(self, start, folder, taken_one):
        ports = free_ports(2)
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as another gRPC server holds it
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            ports[taken_one] = taken.getsockname()[1]
            running = start(*command(folder, *ports))
            assert running.wait_for_exit() == 1
        assert f"port {ports[taken_one]} cannot be listened on: " in running.stderr.splitlines()[-1]
        assert "Traceback" not in running.stderr

    @pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
    def test_a_signal_ends_it_and_frees_its_ports(self, start, folder, booster, how):
        booster.save_model(folder / "model.json")
        ports = free_ports(2)
        running = start(*command(folder, *ports), until=(ports[0], "/v2/models/m/ready"))
        assert running.stop(how) == 0
        assert not any(map(listens, ports))
