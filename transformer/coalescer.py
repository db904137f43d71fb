"""Gathers flights that arrive together into one predictor call.

A call costs the runtime about 0.9 ms of CPU whatever its size, a further flight 0.75 us. So: a request that
finds no call in flight is sent at once; what arrives during a call is gathered and sent as the next one. There
is no timer to tune: the busier the predictor, the larger the calls. Only when so many flights wait that the cost of
a call is small beside theirs is a second one sent meanwhile, so that the runtime has work while answers are written.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from flights.encoder import EncodedFlights
from flights.errors import PredictorError, PredictorNonsense, PredictorTimeout, PredictorUnavailable
from transformer.metrics import Metrics
from transformer.predictor import Predictor, Probabilities

if TYPE_CHECKING:
    from transformer.tracing import CallTrace, RequestTrace, Tracing

logger = logging.getLogger(__name__)


class Waiter(Protocol):
    """Whoever waits for an answer.

    Attributes:
        done: Whether it waits no more: it was answered, or its caller is gone.
    """

    @property
    def done(self) -> bool:
        """Tell whether it waits no more."""
        ...

    def succeed(self, probabilities: Probabilities) -> None:
        """Take the delay probabilities, one for each of n flights."""
        ...

    def fail(self, error: PredictorError) -> None:
        """Take the reason why there are none."""
        ...


class _FutureWaiter:
    __slots__ = ("future",)

    def __init__(self, future: asyncio.Future[Probabilities]) -> None:
        self.future = future

    @property
    def done(self) -> bool:
        return self.future.done()

    def succeed(self, probabilities: Probabilities) -> None:
        self.future.set_result(probabilities)

    def fail(self, error: PredictorError) -> None:
        self.future.set_exception(error)


class _Pieces:
    """A request that is larger than a call: the waiter hears when the last piece is in, or the first has failed."""

    def __init__(self, waiter: Waiter, count: int) -> None:
        self.waiter = waiter
        self._answers: dict[int, Probabilities] = {}
        self._count = count

    def succeed(self, position: int, probabilities: Probabilities) -> None:
        self._answers[position] = probabilities
        if len(self._answers) == self._count:
            self.waiter.succeed([value for position in range(self._count) for value in self._answers[position]])


class _Piece:
    __slots__ = ("_done", "_pieces", "_position")

    def __init__(self, pieces: _Pieces, position: int) -> None:
        self._pieces = pieces
        self._position = position
        self._done = False

    @property
    def done(self) -> bool:
        return self._done or self._pieces.waiter.done

    def succeed(self, probabilities: Probabilities) -> None:
        self._done = True
        self._pieces.succeed(self._position, probabilities)

    def fail(self, error: PredictorError) -> None:
        self._pieces.waiter.fail(error)


class _Part:
    """Flights that are sent together, and who waits for them."""

    __slots__ = ("count", "deadline_s", "rows", "trace", "traceparent", "waiter")

    def __init__(
        self, rows: bytes, count: int, waiter: Waiter, traceparent: bytes | None, trace: "RequestTrace | None"
    ) -> None:
        self.rows = rows
        self.count = count
        self.waiter = waiter
        self.traceparent = traceparent
        self.trace = trace
        self.deadline_s = 0.0


class Coalescer:
    """Sends flights to a predictor, in order of arrival, one call at a time, or two when many wait.

    Args:
        predictor: Where to.
        metrics: What counts the calls.
        deadline_s: Seconds from arrival after which a request fails with PredictorTimeout.
        most_rows_per_call: No call is larger; a larger request is cut into several.
        most_rows_waiting: A request that finds more flights than this waiting is refused.
        rows_for_second_call: So many waiting flights are worth a call beside the one in flight.
        tracing: What traces sampled requests; None traces none.
    """

    def __init__(
        self,
        predictor: Predictor,
        metrics: Metrics,
        *,
        deadline_s: float,
        most_rows_per_call: int = 2048,
        most_rows_waiting: int = 200_000,
        rows_for_second_call: int = 1000,
        tracing: "Tracing | None" = None,
    ) -> None:
        self._predictor = predictor
        self._metrics = metrics
        self._deadline_s = deadline_s
        self._most_rows_per_call = most_rows_per_call
        self._most_rows_waiting = most_rows_waiting
        self._rows_for_second_call = rows_for_second_call
        self._tracing = tracing
        self._senders = 0
        self._waiting: deque[_Part] = deque()
        self._rows_waiting = 0
        self._unanswered: deque[_Part] = deque()  # waiting or in flight, the oldest first
        self._expiry: asyncio.TimerHandle | None = None
        self._calls: set[asyncio.Task[None]] = set()

    async def predict(
        self, flights: EncodedFlights, traceparent: bytes | None = None, trace: "RequestTrace | None" = None
    ) -> Probabilities:
        """Return the delay probabilities of n flights, one for each of n flights.

        Raises:
            PredictorError: Ours.
        """
        future: asyncio.Future[Probabilities] = asyncio.get_running_loop().create_future()
        self.submit(flights, _FutureWaiter(future), traceparent, trace)
        return await future

    def submit(
        self,
        flights: EncodedFlights,
        waiter: Waiter,
        traceparent: bytes | None = None,
        trace: "RequestTrace | None" = None,
    ) -> None:
        """Queue n encoded flights; the waiter hears exactly once, unless this raises.

        A call for many requests can have one trace context only: that of the oldest which is traced here, else that of
        the oldest which came with any.

        Raises:
            PredictorUnavailable: Ours: too many flights are waiting already.
        """
        if self._rows_waiting > self._most_rows_waiting:
            raise PredictorUnavailable("too many flights are waiting for the predictor")
        if flights.count <= self._most_rows_per_call:
            self._enqueue(_Part(flights.rows, flights.count, waiter, traceparent, trace))
            return
        most, width = self._most_rows_per_call, len(flights.rows) // flights.count
        starts = range(0, flights.count, most)
        pieces = _Pieces(waiter, len(starts))
        for position, start in enumerate(starts):
            rows = flights.rows[start * width : (start + most) * width]
            self._enqueue(_Part(rows, len(rows) // width, _Piece(pieces, position), traceparent, trace))

    def give_up(self) -> None:
        """Fail whoever waits, because the server ends."""
        for part in self._unanswered:
            if not part.waiter.done:
                part.waiter.fail(PredictorUnavailable("the server ends, and the predictor has not answered"))
        self._unanswered.clear()

    def _enqueue(self, part: _Part) -> None:
        loop = asyncio.get_running_loop()
        part.deadline_s = loop.time() + self._deadline_s
        self._waiting.append(part)
        self._unanswered.append(part)
        self._rows_waiting += part.count
        if part.trace is not None:
            part.trace.wait(part.count)
        if self._expiry is None:
            self._expiry = loop.call_at(part.deadline_s, self._expire)
        if self._is_worth_a_call(self._senders):
            self._senders += 1
            call = loop.create_task(self._send_waiting())
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    def _is_worth_a_call(self, others: int) -> bool:
        """Tell whether what waits is worth a call, beside this many that are in flight."""
        return others == 0 or (others == 1 and self._rows_waiting >= self._rows_for_second_call)

    async def _send_waiting(self) -> None:
        try:
            while self._waiting and self._is_worth_a_call(self._senders - 1):
                await self._settle()
                if batch := self._take_batch():
                    await self._send(batch)
        finally:
            self._senders -= 1

    async def _settle(self) -> None:
        """Let the loop read what has arrived already, until a turn of it brings nothing new."""
        seen = -1
        while seen < self._rows_waiting < self._most_rows_per_call:
            seen = self._rows_waiting
            await asyncio.sleep(0)

    def _take_batch(self) -> list[_Part]:
        batch: list[_Part] = []
        rows = 0
        while self._waiting and rows + self._waiting[0].count <= self._most_rows_per_call:
            part = self._waiting.popleft()
            self._rows_waiting -= part.count
            if not part.waiter.done:  # else it is late already, or its caller is gone
                batch.append(part)
                rows += part.count
        return batch

    async def _send(self, batch: list[_Part]) -> None:
        begun_s = asyncio.get_running_loop().time()
        rows = b"".join([part.rows for part in batch])
        count = sum([part.count for part in batch])
        traceparent = None
        for part in batch:
            self._metrics.waited(begun_s - (part.deadline_s - self._deadline_s))
            traceparent = traceparent or part.traceparent
        call = None
        if self._tracing is not None:
            traced = [part.trace for part in batch if part.trace is not None]
            call = self._tracing.call(traced, len(batch), count)
            traceparent = traceparent if call is None else call.traceparent
        try:
            probabilities = await self._predictor.predict(rows, count, batch[-1].deadline_s - begun_s, traceparent)
        except PredictorError as error:
            self._fail(batch, error, call)
        except Exception:
            logger.exception("a predictor call failed in a way that nobody foresaw")
            self._fail(batch, PredictorNonsense("the predictor could not be asked"), call)
        else:
            if call is not None:
                call.end()
            self._metrics.called(count, asyncio.get_running_loop().time() - begun_s)
            self._metrics.predicted(probabilities)
            start = 0
            for part in batch:
                if not part.waiter.done:
                    try:
                        part.waiter.succeed(probabilities[start : start + part.count])
                    except Exception:  # its own, and not to be paid by the others in the call
                        logger.exception("a caller could not be told its answer")
                start += part.count
        while self._unanswered and self._unanswered[0].waiter.done:
            self._unanswered.popleft()

    def _fail(self, batch: Sequence[_Part], error: PredictorError, call: "CallTrace | None") -> None:
        if call is not None:
            call.end(error)
        self._metrics.failed(error)
        for part in batch:
            if not part.waiter.done:
                part.waiter.fail(type(error)(str(error)))  # each caller's own, or they would share a traceback

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        while self._unanswered:
            part = self._unanswered[0]
            if not part.waiter.done:
                if part.deadline_s > loop.time():
                    self._expiry = loop.call_at(part.deadline_s, self._expire)
                    return
                error = PredictorTimeout("the predictor did not answer in time")
                self._metrics.failed(error)
                part.waiter.fail(error)
            self._unanswered.popleft()
        self._expiry = None
