"""A sample of the flights and their answers, for whoever wants to know later what was asked.

Each line on standard output is a CloudEvent in JSON (https://github.com/cloudevents/spec, 1.0, structured mode).
What could tell who asked is not in it: request ids, the body's ``id``, headers and metadata, trace contexts, addresses,
and all columns but the four that the answer depends on. The time is told in whole seconds, so that it points at no
single line of an access log.
"""

import io
import logging
import queue
import random
import sys
import threading
import time
import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import Final

import msgspec
import numpy as np

from flights.fields import AIRLINE, DESTINATION, FLIGHT_TYPE, SCHEDULED
from flights.flight import Flights
from transformer.predictor import Probabilities
from transformer.request import DELAYED, PROBABILITY

logger = logging.getLogger(__name__)

WRITTEN, OVER_RATE, QUEUE_FULL, FAILED = "written", "over_rate", "queue_full", "failed"
OUTCOMES: Final = (WRITTEN, OVER_RATE, QUEUE_FULL, FAILED)
"""What becomes of an event: the last three are lost."""

_MOST_WAITING = 256
_LAST_WORDS_S = 1.0
"""How long the end waits for events that are not written yet."""

_Event = tuple[float, Flights, Probabilities]


class PayloadLog:
    """Writes sampled requests from a thread of its own; the event loop never waits for it.

    Args:
        model_name: Name of the model.
        version: The bundle's version.
        threshold: Probability from which a flight counts as delayed.
        share: Share of the answered requests that is sampled, from 0 to 1.
        most_per_s: Of these, no more are written in any second.
        most_flights: An event has no more flights; it tells how many were left out.
        stream: Where to; None: standard output.
    """

    def __init__(
        self,
        model_name: str,
        version: str,
        threshold: float,
        *,
        share: float,
        most_per_s: int,
        most_flights: int,
        stream: io.RawIOBase | None = None,
    ) -> None:
        self.outcomes = Counter(dict.fromkeys(OUTCOMES, 0))
        self._version = version
        self._source = f"/v2/models/{model_name}/versions/{version}"
        self._threshold = float(np.float32(threshold))  # probabilities are FP32 too
        self._share = share
        self._most_per_s = most_per_s
        self._most_flights = most_flights
        self._second = 0
        self._in_second = 0
        # without a buffer: one has a lock, and a thread that holds it at the end would keep the process from ending
        self._stream = stream or io.FileIO(sys.stdout.fileno(), "wb", closefd=False)
        self._events: queue.Queue[_Event | None] = queue.Queue(_MOST_WAITING)
        self._encode = msgspec.json.Encoder().encode
        self._thread = threading.Thread(target=self._write_all, name="payload-log", daemon=True)
        self._thread.start()

    def offer(self, flights: Flights, probabilities: Probabilities) -> None:
        """Take note of a request's n flights and their n delay probabilities, if the sample and the limits say so."""
        if random.random() >= self._share:
            return
        now_s = time.time()
        if int(now_s) != self._second:
            self._second, self._in_second = int(now_s), 0
        self._in_second += 1
        if self._in_second > self._most_per_s:
            self.outcomes[OVER_RATE] += 1
            return
        try:
            self._events.put_nowait((now_s, flights, probabilities))
        except queue.Full:
            self.outcomes[QUEUE_FULL] += 1

    def close(self) -> None:
        """Write what waits, if that takes no longer than a moment."""
        try:
            self._events.put(None, timeout=_LAST_WORDS_S)
        except queue.Full:
            return
        self._thread.join(_LAST_WORDS_S)

    def _write_all(self) -> None:
        while (event := self._events.get()) is not None:
            try:
                self._write(self._encode(self._as_cloud_event(*event)) + b"\n")
            except Exception as error:  # whatever it is, the next event may be written
                if not self.outcomes[FAILED]:
                    logger.warning("the payload log cannot be written: %s", error)
                self.outcomes[FAILED] += 1
            else:
                self.outcomes[WRITTEN] += 1

    def _write(self, line: bytes) -> None:
        rest = memoryview(line)
        while rest:
            rest = rest[self._stream.write(rest) or 0 :]

    def _as_cloud_event(self, time_s: float, flights: Flights, probabilities: Probabilities) -> dict[str, object]:
        most = self._most_flights
        return {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": self._source,
            "type": "flight-delay.answered.v1",
            "time": datetime.fromtimestamp(int(time_s), UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "data": {
                "model_version": self._version,
                "flights": [
                    {
                        SCHEDULED.name: scheduled,
                        DESTINATION.name: destination,
                        AIRLINE.name: airline,
                        FLIGHT_TYPE.name: flight_type,
                        PROBABILITY: probability,
                        DELAYED: probability >= self._threshold,
                    }
                    for scheduled, destination, airline, flight_type, probability in zip(
                        flights.scheduled[:most],
                        flights.destinations[:most],
                        flights.airlines[:most],
                        flights.flight_types[:most],
                        probabilities[:most],
                        strict=True,
                    )
                ],
                "flights_left_out": max(0, len(probabilities) - most),
            },
        }
