import json

import numpy as np
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from flights.errors import CallerError, InvalidFlight, InvalidRequest
from flights.flight import Flights
from transformer import grpc_service
from transformer.predictor import decode_answer
from transformer.request import InferenceRequest, RequestedOutput
from transformer.rest_answer import RestAnswerWriter

PROBABILITIES = [0.25, 0.5, float(np.float32(0.1))]
FLIGHTS = Flights(["2017-01-01 23:30"] * 3, ["KMIA"] * 3, ["AAL"] * 3, ["I"] * 3)


class TestARestAnswer:
    writer = RestAnswerWriter("flight-delay", "v-1", 0.5)

    def test_names_model_version_id_and_both_outputs(self) -> None:
        answer = self.writer.encode(InferenceRequest(FLIGHTS, id='7"'), PROBABILITIES)
        assert answer.json_length is None
        assert json.loads(answer.body) == {
            "model_name": "flight-delay",
            "model_version": "v-1",
            "id": '7"',
            "outputs": [
                {
                    "name": "delay_probability",
                    "datatype": "FP32",
                    "shape": [3],
                    "data": [0.25, 0.5, float(np.float32(0.1))],
                },
                {"name": "delayed", "datatype": "BOOL", "shape": [3], "data": [False, True, False]},
            ],
        }

    def test_without_an_id_has_none(self) -> None:
        assert "id" not in json.loads(self.writer.encode(InferenceRequest(FLIGHTS), PROBABILITIES).body)

    def test_may_hold_one_output_as_bytes_and_the_other_as_json(self) -> None:
        outputs = (RequestedOutput("delayed", binary=True), RequestedOutput("delay_probability"))
        answer = self.writer.encode(InferenceRequest(FLIGHTS, outputs=outputs), PROBABILITIES)
        assert answer.body[answer.json_length :] == b"\0\1\0"
        delayed, probability = json.loads(answer.body[: answer.json_length])["outputs"]
        assert delayed == {
            "name": "delayed",
            "datatype": "BOOL",
            "shape": [3],
            "parameters": {"binary_data_size": 3},
        }
        assert probability["data"][0] == 0.25


class TestAGrpcRequest:
    @staticmethod
    def make(raw: bool = False, **changes: object) -> pb.ModelInferRequest:
        request = pb.ModelInferRequest(model_name="flight-delay", **changes)
        for name, value in (
            ("Fecha-I", b"2017-01-01 23:30"),
            ("Des-I", b"KMIA"),
            ("Emp-I", b"AAL"),
            ("TIPOVUELO", b"I"),
        ):
            tensor = request.inputs.add(name=name, datatype="BYTES", shape=[1])
            if raw:
                request.raw_input_contents.append(len(value).to_bytes(4, "little") + value)
            else:
                tensor.contents.bytes_contents.append(value)
        return request

    @pytest.mark.parametrize("raw", [False, True], ids=["typed", "raw"])
    def test_becomes_flights(self, raw: bool) -> None:
        assert grpc_service.decode(self.make(raw)).flights == Flights(["2017-01-01 23:30"], ["KMIA"], ["AAL"], ["I"])

    def test_may_name_outputs_and_an_id(self) -> None:
        request = self.make(id="7", outputs=[pb.ModelInferRequest.InferRequestedOutputTensor(name="delayed")])
        decoded = grpc_service.decode(request)
        assert (decoded.id, decoded.outputs) == ("7", (RequestedOutput("delayed"),))

    def test_with_both_kinds_of_contents_is_refused(self) -> None:
        request = self.make(raw=True)
        request.inputs[0].contents.bytes_contents.append(b"2017-01-01 23:30")
        with pytest.raises(InvalidRequest, match="Fecha-I has both"):
            grpc_service.decode(request)

    def test_with_contents_of_another_type_is_refused(self) -> None:
        request = self.make()
        request.inputs[2].contents.Clear()
        request.inputs[2].contents.fp32_contents.append(1)
        with pytest.raises(InvalidRequest, match="Emp-I has fp32_contents: it must have bytes_contents"):
            grpc_service.decode(request)

    def test_with_too_few_raw_contents_is_refused(self) -> None:
        request = self.make(raw=True)
        del request.raw_input_contents[0]
        with pytest.raises(InvalidRequest, match="raw_input_contents has 3 entries for 4 inputs"):
            grpc_service.decode(request)

    def test_with_bytes_that_are_no_text_is_refused(self) -> None:
        request = self.make()
        request.inputs[2].contents.bytes_contents[0] = b"\xff\xff\xff"
        with pytest.raises(InvalidFlight, match="Emp-I, row 0"):
            grpc_service.decode(request)

    def test_with_no_contents_at_all_is_refused(self) -> None:
        request = self.make()
        request.inputs[2].ClearField("contents")
        with pytest.raises(CallerError, match="Emp-I has the shape"):
            grpc_service.decode(request)


class TestThePredictorsAnswer:
    @staticmethod
    def make(values: list[float], raw: bool = False, **changes: object) -> bytes:
        output = {"name": "output-0", "datatype": "FP32", "shape": [len(values)]} | changes
        answer = pb.ModelInferResponse(model_name="flight-delay")
        tensor = answer.outputs.add(**output)
        if raw:
            answer.raw_output_contents.append(np.array(values, "<f4").tobytes())
        else:
            tensor.contents.fp32_contents.extend(values)
        return bytes(answer.SerializeToString())

    @pytest.mark.parametrize("raw", [False, True], ids=["typed", "raw"])
    def test_is_read(self, raw: bool) -> None:
        np.testing.assert_array_equal(decode_answer(self.make([0, 0.5, 1], raw), 3), np.array([0, 0.5, 1], np.float32))

    @pytest.mark.parametrize("raw", [False, True], ids=["typed", "raw"])
    @pytest.mark.parametrize(
        ("values", "changes"),
        [
            ([0.5], {"name": "predict"}),
            ([0.5], {"datatype": "FP64"}),
            ([0.5], {"shape": [1, 1]}),
            ([0.5], {"shape": [2]}),
            ([0.5, 0.5], {}),
            ([0.5, 0.5], {"shape": [1]}),
            ([], {}),
            ([float("nan")], {}),
            ([float("inf")], {}),
            ([1.0001], {}),
            ([-0.0001], {}),
        ],
    )
    def test_that_cannot_be_one_is_nonsense(self, values: list[float], changes: dict[str, object], raw: bool) -> None:
        with pytest.raises(grpc_service.FlightDelayError) as caught:
            decode_answer(self.make(values, raw, **changes), 1)
        assert type(caught.value).__name__ == "PredictorNonsense"

    @pytest.mark.parametrize("answer", [b"", b"\xff\xff"], ids=["empty", "garbage"])
    def test_that_is_no_message_is_nonsense(self, answer: bytes) -> None:
        with pytest.raises(grpc_service.FlightDelayError, match="predictor's answer"):
            decode_answer(answer, 1)
