"""The transformer in front of the runtime, as its clients see it."""

import asyncio
import json
import random
import signal

import grpc
import numpy as np
import pytest
import tritonclient.http
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from flights import bundle as bundles
from flights.golden import TOLERANCE
from scripts.ports import free_ports
from tests.flights import make_booster, make_flight
from tests.served.pair import make_body
from tests.served.running import get, post, request, wait_until

pytestmark = pytest.mark.served

MODEL = "flight-delay"
INFER = f"/v2/models/{MODEL}/infer"
READY = f"/v2/models/{MODEL}/ready"
OLD_SERVICE_EXAMPLE = make_flight(
    **{
        "Fecha-I": "2017-01-01 23:30:00",
        "Fecha-O": "2017-01-01 23:33:00",
        "Des-O": "KMIA",
        "Emp-O": "AAL",
        "DIANOM": "Domingo",
        "DIA": 1,
        "MES": 1,
        "AÑO": 2017,
    }
)


def probabilities(answer):
    assert answer.status == 200, answer.body
    return answer.json()["outputs"][0]["data"]


class TestAnAnswer:
    def test_has_the_probability_that_training_wrote_and_says_which_version_gave_it(self, pair):
        answer = pair.ask(pair.bundle.golden.columns, id="42")
        content = answer.json()
        assert np.abs(pair.bundle.golden.differences(probabilities(answer))).max() <= TOLERANCE
        assert (content["model_name"], content["id"]) == (MODEL, "42")
        assert content["model_version"] == answer.headers["x-model-version"] == pair.bundle.version
        threshold = np.float32(pair.bundle.threshold)
        assert content["outputs"][1]["data"] == [p >= threshold for p in map(np.float32, probabilities(answer))]

    def test_to_the_old_services_example_with_its_eleven_fields_ignores_those_it_must_not_know(self, pair):
        with_all = probabilities(pair.ask({name: [value] for name, value in OLD_SERVICE_EXAMPLE.items()}))
        with_four = probabilities(pair.ask({name: [value] for name, value in make_flight().items()}))
        hours_late = OLD_SERVICE_EXAMPLE | {"Fecha-O": "2017-01-02 09:00:00", "DIA": 2, "DIANOM": "Lunes"}
        assert with_all == with_four == probabilities(pair.ask({name: [value] for name, value in hours_late.items()}))

    def test_to_a_thousand_flights_is_that_to_each_alone(self, pair):
        dice = random.Random(7)
        flights = [
            make_flight(
                **{
                    "Fecha-I": f"2017-{dice.randint(1, 12):02}-{dice.randint(1, 28):02} {dice.randint(0, 23):02}:30",
                    "Emp-I": dice.choice(["AAL", "LAN", "SKU", "ZZZ"]),
                    "Des-I": dice.choice(["KMIA", "SCFA", "SAEZ", "ZZZZ"]),
                    "TIPOVUELO": dice.choice("IN"),
                }
            )
            for _ in range(1000)
        ]
        together = probabilities(pair.ask({name: [flight[name] for flight in flights] for name in flights[0]}))
        alone = [probabilities(pair.ask({name: [value] for name, value in flight.items()}))[0] for flight in flights]
        assert together == alone
        assert len(set(together)) > 5

    def test_to_more_flights_than_fit_one_call_is_whole(self, pair):
        columns = {name: column * 400 for name, column in pair.bundle.golden.columns.items()}
        answer = probabilities(pair.ask(columns))
        assert np.abs(np.array(answer).reshape(400, -1) - pair.bundle.golden.probabilities).max() <= TOLERANCE

    def test_in_binary_has_the_same_bytes(self, pair):
        columns = pair.bundle.golden.columns
        answer = pair.ask(columns, parameters={"binary_data_output": True})
        length = int(answer.headers["Inference-Header-Content-Length"])
        outputs = json.loads(answer.body[:length])["outputs"]
        sizes = [output["parameters"]["binary_data_size"] for output in outputs]
        tail = answer.body[length:]
        assert sum(sizes) == len(tail)
        assert np.frombuffer(tail[: sizes[0]], "<f4").tolist() == probabilities(pair.ask(columns))


class TestTheSameFlightThrough:
    @pytest.fixture
    def expected(self, pair):
        return probabilities(pair.ask({name: [value] for name, value in make_flight().items()}))[0]

    @pytest.fixture(params=[False, True], ids=["json", "binary"])
    def kserve_request(self, request):
        inputs = []
        for name, value in make_flight().items():
            tensor = InferInput(name, [1], "BYTES", [value])
            if request.param:
                tensor.set_data_from_numpy(np.array([value.encode()], object), binary_data=True)
            inputs.append(tensor)
        return InferRequest(model_name=MODEL, infer_inputs=inputs)

    def test_kserves_rest_client_has_the_same_probability(self, pair, expected, kserve_request):
        async def ask():
            client = InferenceRESTClient(RESTConfig(protocol="v2"))
            return await client.infer(f"http://127.0.0.1:{pair.http_port}", kserve_request, model_name=MODEL)

        # this client drops the model_version of the body
        assert float(asyncio.run(ask()).outputs[0].as_numpy()[0]) == expected

    def test_kserves_grpc_client_has_the_same_probability(self, pair, expected, kserve_request):
        async def ask():
            client = InferenceGRPCClient(f"127.0.0.1:{pair.grpc_port}")
            try:
                return await client.infer(kserve_request)
            finally:
                await client.close()

        answer = asyncio.run(ask())
        assert float(answer.outputs[0].as_numpy()[0]) == expected
        assert answer.model_version == pair.bundle.version

    @pytest.mark.parametrize("binary_in", [False, True], ids=["json in", "binary in"])
    @pytest.mark.parametrize("outputs", [None, [False, True]], ids=["all outputs", "outputs by name"])
    def test_tritons_http_client_has_the_same_probability(self, pair, expected, binary_in, outputs):
        inputs = []
        for name, value in make_flight().items():
            tensor = tritonclient.http.InferInput(name, [1], "BYTES")
            tensor.set_data_from_numpy(np.array([value.encode()], object), binary_data=binary_in)
            inputs.append(tensor)
        if outputs is not None:
            names = ("delayed", "delay_probability")
            outputs = [
                tritonclient.http.InferRequestedOutput(n, binary_data=b) for n, b in zip(names, outputs, strict=True)
            ]
        with tritonclient.http.InferenceServerClient(f"127.0.0.1:{pair.http_port}") as client:
            assert client.is_server_live()
            assert client.is_server_ready()
            assert client.is_model_ready(MODEL)
            assert client.get_model_metadata(MODEL)["versions"] == [pair.bundle.version]
            answer = client.infer(MODEL, inputs, outputs=outputs, request_id="9")
            pinned = client.infer(MODEL, inputs, model_version=pair.bundle.version)
        assert float(answer.as_numpy("delay_probability")[0]) == expected
        assert answer.as_numpy("delayed").dtype == np.bool_
        assert answer.get_response()["id"] == "9"
        assert float(pinned.as_numpy("delay_probability")[0]) == expected

    def test_tritons_grpc_client_has_the_same_probability(self, pair, expected, start):
        # in a process of its own: two copies of the protocol's messages do not fit into one
        client = start("-m", "tests.served.triton_grpc_client", f"127.0.0.1:{pair.grpc_port}", MODEL)
        assert client.wait_for_exit() == 0
        assert json.loads(client.stdout) == {
            "ready": [True, True, True],
            "outputs": ["delay_probability", "delayed"],
            "probability": expected,
            "id": "9",
            "version": pair.bundle.version,
        }


class TestBadInput:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("Fecha-I", "now"), ("Fecha-I", "today"), ("Fecha-I", "NaT"), ("Fecha-I", ""), ("Fecha-I", None),
            ("Fecha-I", "2017-02-29 10:00"), ("Fecha-I", "2017-13-01 10:00"), ("Fecha-I", "2017-01-01 25:00"),
            ("Fecha-I", 20170101), ("Fecha-I", "1" * 1_000_000),
            ("Emp-I", "lan"), ("Emp-I", "LAN "), ("Emp-I", ""), ("Emp-I", None), ("Emp-I", 1), ("Emp-I", True),
            ("Des-I", "SCFA "), ("Des-I", "scfa"), ("Des-I", ["SCFA"]), ("Des-I", {"a": 1}),
            ("TIPOVUELO", "X"), ("TIPOVUELO", "i"), ("TIPOVUELO", 1.5),
        ],
    )  # fmt: skip
    def test_is_answered_with_400_and_names_field_row_and_value(self, pair, field, value):
        flights = {name: [good, good] for name, good in make_flight().items()}
        flights[field][1] = value
        answer = pair.ask(flights)
        assert answer.status == 400
        assert list(answer.json()) == ["error"]
        sentence = answer.json()["error"]
        assert f"{field}, row 1" in sentence
        assert str(value)[:10] in sentence or value in (None, True, "")
        assert len(sentence) < 300

    def test_over_grpc_has_the_same_sentence(self, pair):
        request = pb.ModelInferRequest(model_name=MODEL)
        for name, value in make_flight(**{"Emp-I": "lan"}).items():
            request.inputs.add(name=name, datatype="BYTES", shape=[1]).contents.bytes_contents.append(value.encode())
        with grpc.insecure_channel(f"127.0.0.1:{pair.grpc_port}") as channel, pytest.raises(grpc.RpcError) as caught:
            GRPCInferenceServiceStub(channel).ModelInfer(request)
        rest = pair.ask({name: [value] for name, value in make_flight(**{"Emp-I": "lan"}).items()})
        assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert caught.value.details() == rest.json()["error"]

    @pytest.mark.parametrize(
        ("headers", "body", "status"),
        [
            ({"Content-Type": "text/plain"}, b"{}", 415),
            ({"Content-Encoding": "gzip"}, b"{}", 415),
            ({"Inference-Header-Content-Length": "abc"}, b"{}", 400),
            ({"Inference-Header-Content-Length": "-1"}, b"{}", 400),
            ({}, b"{}", 400),
            ({}, b" " * (8 * 2**20 + 1), 413),
        ],
        ids=["text", "gzip", "length of letters", "negative length", "nothing", "too large"],
    )
    def test_of_the_request_itself_has_a_status_of_its_own(self, pair, headers, body, status):
        answer = post(pair.http_port, INFER, body, headers)
        assert (answer.status, list(answer.json())) == (status, ["error"])

    @pytest.mark.parametrize("content_type", [None, "application/json; charset=utf-8"])
    def test_is_not_a_content_type_that_is_absent_or_has_a_charset(self, pair, content_type):
        body = json.dumps(make_body({name: [value] for name, value in make_flight().items()})).encode()
        headers = {} if content_type is None else {"Content-Type": content_type}
        assert post(pair.http_port, INFER, body, headers).status == 200


class TestRoutes:
    @pytest.mark.parametrize(
        "path",
        ["/v2", "/v2/health/live", "/v2/health/ready", "/v2/models", f"/v2/models/{MODEL}", READY, "/metrics"],
    )
    def test_that_are_public_say_the_version(self, pair, path):
        answer = get(pair.http_port, path)
        assert (answer.status, answer.headers["x-model-version"]) == (200, pair.bundle.version)

    @pytest.mark.parametrize(
        ("accept", "content_type"),
        [
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1",
                "openmetrics",
            ),
            ("application/openmetrics-text;version=abc", "text/plain; version=0.0.4"),
            ("text/plain; version=", "text/plain; version=0.0.4"),
            ("application/openmetrics-text;version=" + "9" * 5000, "text/plain; version=0.0.4"),
            ("\xff;;=,", "text/plain; version=0.0.4"),
        ],
        ids=["Prometheus' own", "letters for a version", "an empty version", "an endless version", "nonsense"],
    )
    def test_of_the_metrics_come_in_a_format_whatever_is_accepted(self, pair, accept, content_type):
        """The SDK answers versions that are none with 500, the text of an exception and a stack trace in the log."""
        answer = request("GET", pair.http_port, "/metrics?name[]=%ff", None, {"Accept": accept})
        assert (answer.status, content_type in answer.headers["Content-Type"]) == (200, True)
        assert b"flight_delay_ready" in answer.body
        assert "Traceback" not in pair.transformer.stderr

    def test_with_their_own_version_are_the_same(self, pair):
        pinned = f"/v2/models/{MODEL}/versions/{pair.bundle.version}"
        assert get(pair.http_port, pinned).json() == get(pair.http_port, f"/v2/models/{MODEL}").json()
        assert get(pair.http_port, f"{pinned}/ready").status == 200
        body = make_body({name: [value] for name, value in make_flight().items()})
        assert post(pair.http_port, f"{pinned}/infer", body).status == 200

    @pytest.mark.parametrize("path", [f"/v2/models/{MODEL}", READY, INFER])
    @pytest.mark.parametrize("wanted", ["scl-another", "", "\xff"])
    def test_that_a_header_sends_to_another_version_are_refused(self, pair, path, wanted):
        body = make_body({name: [value] for name, value in make_flight().items()})
        ask = post if path == INFER else lambda port, path, _, headers: request("GET", port, path, None, headers)
        refused = ask(pair.http_port, path, body, {"x-model-version": wanted})
        assert (refused.status, refused.headers["x-model-version"]) == (404, pair.bundle.version)
        assert "is not served here" in refused.json()["error"]
        assert ask(pair.http_port, path, body, {"x-model-version": pair.bundle.version}).status == 200

    def test_that_metadata_sends_to_another_version_are_refused(self, pair):
        with grpc.insecure_channel(f"127.0.0.1:{pair.grpc_port}") as channel:
            stub = GRPCInferenceServiceStub(channel)
            for wanted, code in ("scl-another", grpc.StatusCode.NOT_FOUND), (pair.bundle.version, None):
                try:
                    stub.ModelReady(pb.ModelReadyRequest(name=MODEL), metadata=(("x-model-version", wanted),))
                    seen = None
                except grpc.RpcError as error:
                    seen = error.code()
                assert seen == code

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("POST", f"/v2/repository/models/{MODEL}/unload", 404),
            ("POST", f"/v2/repository/models/{MODEL}/load", 404),
            ("POST", f"/v1/models/{MODEL}:predict", 404),
            ("GET", "/v1/models", 404),
            ("GET", "/docs", 404),
            ("GET", "/openapi.json", 404),
            ("GET", "/", 404),
            ("GET", f"/v2/models/{MODEL}/versions/another", 404),
            ("POST", f"/v2/models/{MODEL}/versions/another/infer", 404),
            ("POST", "/v2/models/another/infer", 404),
            ("GET", "/v2/models/another/ready", 404),
            ("GET", INFER, 405),
            ("DELETE", INFER, 405),
            ("POST", READY, 405),
        ],
    )
    def test_that_are_not_are_closed(self, pair, method, path, status):
        answer = request(method, pair.http_port, path, b"{}" if method == "POST" else None)
        assert (answer.status, list(answer.json())) == (status, ["error"])

    def test_of_grpcs_repository_are_closed_and_leave_the_model_ready(self, pair):
        unload = pb.RepositoryModelUnloadRequest(model_name=MODEL)
        with grpc.insecure_channel(f"127.0.0.1:{pair.grpc_port}") as channel, pytest.raises(grpc.RpcError) as caught:
            GRPCInferenceServiceStub(channel).RepositoryModelUnload(unload)
        assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
        assert get(pair.http_port, READY).status == 200


class TestReadiness:
    def test_follows_the_runtime_which_may_come_late_and_be_replaced(self, start, bundle):
        runtime_http, runtime_grpc, http_port, grpc_port = free_ports(4)
        start(
            *("-m", "transformer", "--host", "127.0.0.1", "--bundle", bundle),
            *("--predictor_host", f"127.0.0.1:{runtime_grpc}", "--http_port", http_port, "--grpc_port", grpc_port),
            until=(http_port, "/v2/health/live"),
        )
        assert get(http_port, READY).status == 503
        assert get(http_port, "/v2/health/ready").status == 503
        body = make_body({name: [value] for name, value in make_flight().items()})
        answer = post(http_port, INFER, body)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")

        def start_runtime():
            return start(
                *("-m", "model_server", "--model_name", MODEL, "--host", "127.0.0.1", "--model_dir", bundle),
                *("--http_port", runtime_http, "--grpc_port", runtime_grpc),
                env={"OMP_NUM_THREADS": "1"},
            )

        runtime = start_runtime()
        wait_until(lambda: get(http_port, READY).status == 200, "readiness")
        assert post(http_port, INFER, body).status == 200
        runtime.popen.kill()
        runtime.popen.wait()
        wait_until(lambda: get(http_port, READY).status == 503, "unreadiness")
        assert get(http_port, "/v2/health/live").status == 200
        start_runtime()
        wait_until(lambda: post(http_port, INFER, body).status == 200, "an answer again")

    def test_never_comes_with_another_versions_booster(self, start, bundle, tmp_path):
        other = tmp_path / "other"
        other.mkdir()
        (other / "model.ubj").write_bytes(make_booster(column_count=len(bundles.decode(bundle).encoder.columns)))
        runtime_http, runtime_grpc, http_port, grpc_port = free_ports(4)
        start(
            *("-m", "model_server", "--model_name", MODEL, "--host", "127.0.0.1", "--model_dir", other),
            *("--http_port", runtime_http, "--grpc_port", runtime_grpc),
            until=(runtime_http, READY),
        )
        transformer = start(
            *("-m", "transformer", "--host", "127.0.0.1", "--bundle", bundle),
            *("--predictor_host", f"127.0.0.1:{runtime_grpc}", "--http_port", http_port, "--grpc_port", grpc_port),
            until=(http_port, "/v2/health/live"),
        )
        assert get(http_port, READY).status == 503
        assert "golden flight" in transformer.stderr


class TestStarting:
    @pytest.mark.parametrize("flag", ["--http_port", "--grpc_port"])
    def test_on_a_taken_port_ends_with_one_sentence(self, start, pair, bundle, flag):
        ports = dict(zip(("--http_port", "--grpc_port"), free_ports(2), strict=True)) | {flag: pair.http_port}
        running = start(
            *("-m", "transformer", "--host", "127.0.0.1", "--bundle", bundle, "--predictor_host", "127.0.0.1:1"),
            *(argument for port in ports.items() for argument in port),
        )
        assert running.wait_for_exit() == 1
        assert f"port {pair.http_port}" in running.stderr
        assert "Traceback" not in running.stderr

    @pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
    def test_ends_at_a_signal_that_comes_before_anything_is_served(self, start, how):
        """A container's first process is not ended by a signal that it has no handler for: it went on to serve."""
        slow = "lambda _: (print('reading', flush=True), time.sleep(60))"
        running = start(
            "-c",
            f"import time; from transformer import __main__ as it; it.bundles.decode = {slow}; it.main()",
            *("--predictor_host", "127.0.0.1:1"),
        )
        wait_until(lambda: running.stdout, "the bundle being read")
        assert running.stop(how) == 0
        assert running.stderr == ""

    def test_with_a_flag_that_cannot_be_ends_with_one_sentence(self, start):
        running = start("-m", "transformer", "--predictor_host", "localhost")
        assert running.wait_for_exit() == 2
        assert "--predictor_host: 'localhost' must be host:port" in running.stderr.splitlines()[-1]
        assert "Traceback" not in running.stderr

    def test_without_a_bundle_ends_with_one_sentence(self, start, tmp_path):
        running = start("-m", "transformer", "--bundle", tmp_path / "none", "--predictor_host", "127.0.0.1:1")
        assert running.wait_for_exit() == 1
        assert len(running.stderr.splitlines()) == 1
        assert "there is no bundle" in json.loads(running.stderr)["message"]

    def test_with_another_version_than_the_expected_one_ends_with_one_sentence(self, start, bundle):
        running = start(
            *("-m", "transformer", "--bundle", bundle, "--predictor_host", "127.0.0.1:1"),
            *("--expected_version", "scl-0000000000"),
        )
        assert running.wait_for_exit() == 1
        assert len(running.stderr.splitlines()) == 1
        version = bundles.decode(bundle).version
        assert f"the bundle is version {version}: it must be scl-0000000000" in json.loads(running.stderr)["message"]
