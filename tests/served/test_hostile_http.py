"""Requests that no well-behaved client sends: never a 500, never a hang, always a sentence where one can be heard."""

import json
import socket
import threading
import time

import pytest

from tests.flights import make_flight
from tests.served.pair import make_body
from tests.served.raw_http import CLOSE, LIMIT_S, converse, leave, request
from tests.served.running import get, post
from tests.served.running import request as send

pytestmark = pytest.mark.served

INFER = b"/v2/models/flight-delay/infer"
BODY = json.dumps(make_body({name: [value] for name, value in make_flight().items()})).encode()
CHUNKED = b"transfer-encoding: chunked\r\n"
IN_CHUNKS = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (BODY[:7], BODY[7:])) + b"0\r\n\r\n"
JSON_LENGTH = b"inference-header-content-length: %d\r\n" % len(BODY)
LIVE, READY = b"/v2/health/live", b"/v2/health/ready"


def infer(headers=CLOSE, body=BODY, path=INFER, **more):
    return request(b"POST", path, headers, body, **more)


def fetch(path, headers=CLOSE):
    return request(b"GET", path, headers)


ANSWERED = {
    "a body in chunks": infer(CLOSE + CHUNKED, None) + IN_CHUNKS,
    "HTTP/1.0": infer(b"", version=b"HTTP/1.0"),
    "an expectation": infer(CLOSE + b"expect: 100-continue\r\n"),
    "an expectation that is unknown": infer(CLOSE + b"expect: more\r\n"),
    "absolute form": infer(path=b"http://x" + INFER),
    "a query": infer(path=INFER + b"?a=b&c"),
    "an escape in a name": infer(path=b"/v2/models/flight%2Ddelay/infer"),
    "headers that are no ASCII": infer(CLOSE + b"x-request-id: \xff\xc3\xb1\r\nx-other: \xe9\r\n"),
    "an upgrade to HTTP/2": infer(
        b"connection: upgrade, http2-settings, close\r\nupgrade: h2c\r\nhttp2-settings: A\r\n"
    ),
    "an upgrade to websockets": infer(b"connection: upgrade, close\r\nupgrade: websocket\r\n"),
    "an upgrade with a body in chunks": infer(b"connection: upgrade, close\r\nupgrade: h2c\r\n" + CHUNKED, None)
    + IN_CHUNKS,
    "trailers that pose as headers": infer(CLOSE + CHUNKED, None)
    + IN_CHUNKS[:-2]
    + b"inference-header-content-length: 1\r\ncontent-type: text/plain\r\n\r\n",
}

REFUSED = {
    "no HTTP": (b"garbage\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "an unknown method": (request(b"FOO", b"/v2"), 400),
    "both lengths": (infer(CHUNKED), 400),
    "two lengths": (infer(b"content-length: 3\r\n"), 400),
    "a negative length": (infer(b"content-length: -3\r\n", None), 400),
    "a length beyond 64 bits": (infer(b"content-length: 99999999999999999999999\r\n", None), 400),
    "an unknown transfer coding": (infer(b"transfer-encoding: identity\r\n"), 400),
    "a chunk without a size": (infer(CHUNKED, None) + b"zz\r\n", 400),
    "such a chunk where leave was asked for": (infer(CHUNKED + b"expect: 100-continue\r\n", None) + b"zz\r\n", 400),
    "bare line feeds": (infer().replace(b"\r\n", b"\n"), 400),
    "a folded header": (infer(CLOSE + b"x-a: a\r\n b\r\n"), 400),
    "NUL in a header": (infer(CLOSE + b"x-a: a\0b\r\n"), 400),
    "NUL in the path": (fetch(b"/v2/\0"), 400),
    "no ASCII in the path": (fetch(b"/v2/\xff"), 400),
    "a blank in the path": (fetch(b"/v2 /x"), 400),
    "a host without a path": (fetch(b"http://x"), 400),
    "a tunnel": (request(b"CONNECT", b"x:443"), 400),
    "a tunnel to a path": (request(b"CONNECT", b"/v2"), 400),
    "an empty body": (infer(body=b""), 400),
    "no body": (infer(body=None), 400),
    "two lengths of its JSON": (infer(CLOSE + b"inference-header-content-length: 5\r\n" + JSON_LENGTH), 400),
    "a length shorter than the body": (infer(CLOSE + b"content-length: 5\r\n", None) + BODY, 400),
    "an escaped NUL": (fetch(b"/v2/models/%00"), 404),
    "an escape of no UTF-8": (fetch(b"/v2/models/%ff%c3"), 404),
    "an escape of a surrogate": (fetch(b"/v2/models/%ed%a0%80"), 404),
    "an escape of nothing": (fetch(b"/v2/models/%zz"), 404),
    "an escaped slash": (infer(path=b"/v2/models/flight-delay%2Finfer"), 404),
    "a double slash": (infer(path=b"/" + INFER), 404),
    "dot segments": (infer(path=b"/v2/models/../models/flight-delay/infer"), 404),
    "a slash at the end": (infer(path=INFER + b"/"), 404),
    "an asterisk": (request(b"OPTIONS", b"*", CLOSE), 404),
    "OPTIONS": (request(b"OPTIONS", INFER, CLOSE), 405),
    "TRACE": (request(b"TRACE", b"/v2", CLOSE), 405),
    "a type of no ASCII": (infer(CLOSE + b"content-type: \xff\r\n"), 415),
    "an endless address": (fetch(b"/v2/" + b"a" * 200_000), 431),
    "an address that comes at once": (fetch(b"/v2/" + b"a" * 66_000), 431),
    "headers that come at once": (fetch(b"/v2", b"x-a: a\r\n" * 17_000), 431),
    "an endless header": (fetch(b"/v2", b"x-a: " + b"a" * 2**22 + b"\r\n"), 431),
    "endless headers": (fetch(b"/v2", b"x-a: a\r\n" * 200_000), 431),
}


class TestARequestWith:
    @pytest.mark.parametrize("sent", ANSWERED.values(), ids=ANSWERED)
    def test_is_answered(self, pair, sent):
        heard = converse(pair.http_port, sent)
        assert heard.statuses[-1] == 200, heard.received
        assert heard.last_body["outputs"]

    @pytest.mark.parametrize(("sent", "status"), REFUSED.values(), ids=REFUSED)
    def test_is_refused_with_one_sentence(self, pair, sent, status):
        heard = converse(pair.http_port, sent)
        assert heard.statuses == [status], heard.received
        assert list(heard.last_body) == ["error"]
        assert b"x-model-version" in heard.received
        assert b"x-request-id" in heard.received
        assert "Traceback" not in pair.transformer.stderr

    def test_a_head_is_refused_without_a_body(self, pair):
        heard = converse(pair.http_port, request(b"HEAD", INFER, CLOSE))
        assert heard.statuses == [405]
        assert heard.received.endswith(b"\r\n\r\n")

    @pytest.mark.parametrize("size", [1, 40, 4096])
    def test_any_pieces_that_come_slowly_is_answered(self, pair, size):
        sent = infer(body=BODY + b" " * (100 * size))
        pieces = [sent[at : at + size] for at in range(0, len(sent), size)]
        assert converse(pair.http_port, *pieces, pause_s=0.0005).statuses == [200]


class TestATooLargeBody:
    SIZE = 20 * 2**20  # far above the limit of 8 MiB

    @pytest.mark.parametrize("path", [INFER, INFER + b"?ordinary-way"])
    @pytest.mark.parametrize("headers", [CLOSE, CLOSE + CHUNKED], ids=["with a length", "in chunks"])
    def test_is_refused_so_that_the_client_can_read_it(self, pair, path, headers):
        body = b" " * self.SIZE
        sent = infer(headers, body, path) if headers is CLOSE else infer(headers, None, path)
        chunks = b"" if headers is CLOSE else b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        heard = converse(pair.http_port, sent + chunks)
        assert heard.statuses == [413]
        assert "8388608 bytes" in heard.last_body["error"]

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("POST", "/v2/models/another/infer", 404),
            ("POST", "/v2/models/flight-delay/versions/another/infer", 404),
            ("POST", "/nowhere", 404),
            ("POST", READY.decode(), 405),
            ("PUT", INFER.decode(), 405),
            ("GET", READY.decode(), 200),
        ],
    )
    def test_is_read_before_an_answer_that_does_not_need_it(self, pair, method, path, status):
        """A client that reads when it has sent all, as Python's does, used to see its connection reset."""
        assert send(method, pair.http_port, path, b" " * self.SIZE, {"Connection": "close"}).status == status

    def test_that_waits_for_leave_gets_none(self, pair):
        head = infer(CLOSE + b"expect: 100-continue\r\ncontent-length: %d\r\n" % self.SIZE, None)
        assert converse(pair.http_port, head).statuses == [413]

    def test_that_does_not_end_is_cut_off(self, pair):
        with socket.create_connection(("127.0.0.1", pair.http_port), timeout=LIMIT_S) as connection:
            connection.sendall(infer(b"content-length: %d\r\n" % 2**50, None))
            with pytest.raises(ConnectionError):
                _flood(connection)
        assert get(pair.http_port, LIVE.decode()).status == 200

    def test_of_garbage_leaves_the_refusal_readable(self, pair):
        assert converse(pair.http_port, infer(CHUNKED, None) + b" " * self.SIZE).statuses == [400]


def _flood(connection):
    until_s = time.monotonic() + LIMIT_S
    while time.monotonic() < until_s:
        connection.sendall(b" " * 2**20)


class TestRequestsOnOneConnection:
    @pytest.mark.parametrize(
        "sent",
        [
            [infer(b""), infer()],
            [infer(b""), fetch(LIVE)],
            [fetch(READY, b""), infer()],
            [infer(b""), fetch(READY, b""), infer(b""), fetch(LIVE, b""), infer()],
            [infer(b"connection: upgrade\r\nupgrade: h2c\r\n"), infer()],
        ],
        ids=["two short", "short and ordinary", "ordinary and short", "five", "behind an upgrade"],
    )
    def test_are_answered_in_their_order(self, pair, sent):
        heard = converse(pair.http_port, b"".join(sent))
        assert heard.statuses == [200] * len(sent)
        kinds = [b"outputs" in answer for answer in heard.received.split(b"HTTP/1.1 ")[1:]]
        assert kinds == [INFER in each for each in sent]

    def test_that_ask_for_an_upgrade_are_answered_however_many_come_at_once(self, pair):
        """Python's limit of recursion used to end the connection at the 493rd."""
        upgrade = request(b"GET", LIVE, b"connection: upgrade\r\nupgrade: x\r\n")
        assert converse(pair.http_port, upgrade * 1500 + fetch(LIVE)).statuses == [200] * 1501
        assert "Traceback" not in pair.transformer.stderr

    def test_that_are_wrong_do_not_stop_those_behind_them(self, pair):
        assert converse(pair.http_port, infer(b"", b"{}") + fetch(b"/nowhere", b"") + infer()).statuses == [
            400,
            404,
            200,
        ]

    @pytest.mark.parametrize("first", [infer(b""), fetch(READY, b"")], ids=["short", "ordinary"])
    @pytest.mark.parametrize("then", [b"garbage\r\n\r\n", b"GET /v2", b"GET /v2 HTTP/1.1\r\nhost:"])
    def test_are_answered_though_garbage_follows(self, pair, first, then):
        statuses = converse(pair.http_port, first + then, half_close=True).statuses
        assert statuses in ([200], [200, 400])  # the second where the first answer is quicker than the garbage

    def test_are_answered_before_the_refusal_of_one_that_breaks_off(self, pair):
        heard = converse(pair.http_port, infer(b"") + infer(CHUNKED, None) + b"zz\r\n")
        assert heard.statuses == [200, 400]
        assert list(heard.last_body) == ["error"]

    def test_after_one_that_closes_it_are_not_answered(self, pair):
        assert converse(pair.http_port, infer(CLOSE) + infer()).statuses == [200]


class TestAClientThatSendsNoMore:
    @pytest.mark.parametrize(
        "sent",
        [infer(b""), fetch(READY, b""), infer(b"") + infer(b""), infer(b"") + fetch(READY, b"")],
        ids=["short", "ordinary", "two short", "short and ordinary"],
    )
    def test_still_gets_its_answers(self, pair, sent):
        assert converse(pair.http_port, sent, half_close=True).statuses == [200] * sent.count(b"HTTP/1.1")

    @pytest.mark.parametrize("sent", [infer()[:-5], infer(path=INFER + b"?a")[:-5], b"GET /v2 HTTP/1.1\r\nhost:"])
    def test_in_the_middle_is_told(self, pair, sent):
        heard = converse(pair.http_port, sent, half_close=True)
        assert heard.statuses == [400]
        assert "ends before" in heard.last_body["error"]

    def test_and_sent_nothing_is_let_go(self, pair):
        assert converse(pair.http_port, half_close=True).received == b""


def test_clients_that_leave_in_the_middle_harm_nobody_else(pair):
    """The answer to a client that had pipelined two requests and left used to fail the whole predictor call."""
    failed, over = [], threading.Event()

    def ask():
        while not over.is_set():
            answer = post(pair.http_port, INFER.decode(), BODY)
            if answer.status != 200:
                failed.append(answer)

    clients = [threading.Thread(target=ask) for _ in range(2)]
    for client in clients:
        client.start()
    for _ in range(30):
        for sent in (infer(b"") * 2, infer(b"") + fetch(LIVE, b""), infer(b""), infer(b"")[:-3], fetch(READY) * 3):
            leave(pair.http_port, sent)
    over.set()
    for client in clients:
        client.join(LIMIT_S)
        assert not client.is_alive()
    assert not failed
    assert "Traceback" not in pair.transformer.stderr
