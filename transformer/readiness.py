"""Whether this version answers what training said it would.

Ready means: the golden flights, encoded here and sent through the real predictor, have their golden
probabilities. The check does not wait in the queue, and its outcome is kept for a short while. Once it has passed,
a predictor that is away or answers something else makes the version unready at once, but lateness only when it has
come several times in a row and the predictor has answered nothing else meanwhile: load alone must not make a
version unready, or an overload would take every pod out at once.
"""

import asyncio
import logging

import numpy as np

from flights.bundle import Bundle
from flights.errors import PredictorError, PredictorTimeout
from flights.golden import TOLERANCE
from transformer.predictor import Predictor

logger = logging.getLogger(__name__)


class GoldenCheck:
    """Sends the bundle's golden flights through the predictor.

    Args:
        bundle: The version that is served.
        predictor: The predictor, not its queue.
        timeout_s: Seconds that one check may take.
        patience_s: Seconds that a question waits for a check before it hears the outcome before.
        kept_s: Seconds that an outcome is believed before the next question asks again; lateness is not kept.
        late_in_a_row: So many late answers, one after the other, make a ready version unready.
    """

    def __init__(
        self,
        bundle: Bundle,
        predictor: Predictor,
        *,
        timeout_s: float = 2.0,
        patience_s: float = 0.5,
        kept_s: float = 1.0,
        late_in_a_row: int = 3,
    ) -> None:
        self._golden = bundle.golden
        self._encoded = bundle.encoder.encode(bundle.golden.flights())
        self._predictor = predictor
        self._timeout_s = timeout_s
        self._patience_s = patience_s
        self._kept_s = kept_s
        self._late_in_a_row = late_in_a_row
        self._late = 0
        self._passed = False
        self._fault: str | None = "the golden flights have not been asked about yet"
        self._checked_s = float("-inf")
        self._running: asyncio.Task[None] | None = None

    @property
    def fault(self) -> str | None:
        """Why the last outcome was no pass, as a sentence; None if it was one."""
        return self._fault

    async def passed(self) -> bool:
        """Tell whether the golden flights come back right, asking the predictor if the last outcome is old."""
        loop = asyncio.get_running_loop()
        if self._running is None and loop.time() - self._checked_s > self._kept_s:
            self._running = loop.create_task(self._check())
        if self._running is not None:
            await asyncio.wait((self._running,), timeout=self._patience_s)
        return self._passed

    async def _check(self) -> None:
        loop = asyncio.get_running_loop()
        started_s, kept = loop.time(), True
        try:
            fault = await self._compare()
            self._late = 0
        except PredictorTimeout as error:
            kept = False
            self._late = 0 if self._predictor.answered_s > started_s else self._late + 1
            fault = str(error) if not self._passed or self._late >= self._late_in_a_row else None
        except PredictorError as error:
            fault = str(error)
        except Exception:
            logger.exception("the golden check failed in a way that nobody foresaw")
            fault = "the golden check failed"
        self._checked_s = loop.time() if kept else float("-inf")
        self._running = None
        self._report(fault)

    async def _compare(self) -> str | None:
        served = await self._predictor.predict(self._encoded.rows, self._encoded.count, self._timeout_s)
        differences = self._golden.differences(served)
        worst = int(np.abs(differences).argmax())
        if abs(differences[worst]) <= TOLERANCE:
            return None
        return (
            f"golden flight {worst} ({self._golden.notes[worst]}) has the probability {served[worst]:.6f} "
            f"where training had {self._golden.probabilities[worst]:.6f}"
        )

    def _report(self, fault: str | None) -> None:
        passed = fault is None
        if passed and not self._passed:
            logger.info("ready: %d golden flights came back right", self._encoded.count)
        if fault is not None and fault != self._fault:
            logger.warning("not ready: %s", fault)
        self._passed, self._fault = passed, fault
