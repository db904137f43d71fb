"""The pair with what is off by default turned on; a whole run leaves them out."""

from typing import ClassVar, Self

from bench.processes import Starter
from bench.traffic import Traffic
from bench.variants import echo, pair, runtime
from bench.variants.flights_over_rest import FlightsOverRest
from scripts.ports import ADDRESS


class _Watched(FlightsOverRest):
    cases = quick_cases = ()

    more: ClassVar[tuple[str, ...]]
    """The transformer's further arguments."""
    traced: ClassVar[bool] = False
    """Whether it sends spans, to a server that takes everything."""

    @classmethod
    def start(cls, starter: Starter, traffic: Traffic) -> Self:
        """Start both servers."""
        more = cls.more
        if cls.traced:
            collector = echo.server(starter, "collector")
            more = (*more, "--trace_endpoint", f"http://{ADDRESS}:{collector.http_port}")
        behind = runtime.server(starter, traffic)
        return cls(traffic, pair.server(starter, traffic, behind, cls.name, *more), behind)


class PairTraced(_Watched):
    """One request in a hundred is traced."""

    name = "pair_traced"
    more = ("--trace_share", "0.01")
    traced = True


class PairTracedWhole(_Watched):
    """Every request is traced."""

    name = "pair_traced_whole"
    more = ("--trace_share", "1")
    traced = True


class PairLogged(_Watched):
    """Every request may go into the payload log, which takes as many as it does by default."""

    name = "pair_logged"
    more = ("--payload_share", "1")
