"""``python -m transformer``: serves one bundle in front of an XGBoost runtime."""

import argparse
import asyncio
import gc
import logging
import math
import os
import re
import sys
from pathlib import Path

from flights import bundle as bundles
from flights.bundle import Bundle
from flights.errors import InvalidBundle, OperatorError
from transformer import kept_out, logs

logger = logging.getLogger("transformer")

VERSION = "0.1.0"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m transformer", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--model_name", default="flight-delay", help="name of the model, here and at the predictor")
    parser.add_argument("--bundle", type=Path, default=Path("/mnt/models"), help="folder of the version's bundle")
    parser.add_argument("--expected_version", help="the version that the bundle must be, or nothing is served")
    parser.add_argument("--predictor_host", required=True, help="host:port of the runtime's gRPC server")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on")
    parser.add_argument("--http_port", type=int, default=8080, help="port for REST")
    parser.add_argument("--grpc_port", type=int, default=8081, help="port for gRPC")
    parser.add_argument(
        "--deadline_s", type=float, default=5.0, help="seconds from arrival after which a request is answered 504"
    )
    parser.add_argument(
        "--most_rows_waiting",
        type=int,
        default=200_000,
        help="a request that finds more flights than this waiting for the predictor is answered 503",
    )
    parser.add_argument(
        "--golden_kept_s", type=float, default=1.0, help="seconds for which a golden check's outcome is believed"
    )
    parser.add_argument("--most_body_bytes", type=int, default=8 * 2**20, help="a larger body is answered 413")
    parser.add_argument(
        "--unready_s",
        type=float,
        default=0.0,
        help="seconds from SIGTERM to closing the ports, readiness 503 already; none is needed after a preStop.sleep",
    )
    parser.add_argument(
        "--grace_s", type=float, default=20.0, help="seconds for requests under way once the ports are closed"
    )
    parser.add_argument(
        "--arrival_s",
        type=float,
        default=60.0,
        help="seconds in which an HTTP request has to arrive; after twice as many it is surely answered 408",
    )
    parser.add_argument(
        "--timeout_keep_alive",
        type=int,
        default=65,
        help="seconds after which an idle connection is closed; longer than the load balancer in front keeps one, "
        "or it sends requests into closed connections",
    )
    parser.add_argument(
        "--grpc_connection_s",
        type=float,
        default=10.0,
        help="seconds after which a gRPC client is asked to connect anew; below --grace_s no call is lost at the end",
    )
    parser.add_argument(
        "--page",
        action="store_true",
        help="also serve the pages for people, to try the version and to read its API, below the model's path",
    )
    parser.add_argument(
        "--trace_endpoint", help="http://host:port of an OpenTelemetry collector (OTLP over HTTP); none: no traces"
    )
    parser.add_argument(
        "--trace_share", type=_share, default=0.01, help="share of the requests without a traceparent that is traced"
    )
    parser.add_argument(
        "--payload_share", type=_share, default=0.0, help="share of the answered requests that stdout has events of"
    )
    parser.add_argument("--payload_most_per_s", type=_count, default=10, help="of these, no more in any second")
    parser.add_argument("--payload_most_flights", type=_count, default=100, help="an event has no more flights")
    return parser


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:  # true for NaN too
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 0 to 1")
    return share


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number from 1 on")
    return int(text)


def main() -> int:
    """Serve until a signal ends it; return the exit code."""
    arguments = _parser().parse_args()
    logs.configure()
    try:
        bundle = bundles.decode(arguments.bundle)
        _check_version(bundle, arguments.expected_version)
    except InvalidBundle as error:
        logger.error("%s", error)
        return 1
    # The SDK takes seconds to import and parses sys.argv on the way: not before the arguments and the bundle hold.
    kept_out.keep_out()
    import uvloop

    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # gRPC's C core writes to stderr in a form of its own
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(bundle, arguments))
    except OperatorError as error:
        logger.error("%s", error)
        return 1
    return 0


def _check_version(bundle: Bundle, expected: str | None) -> None:
    """Refuse a bundle that is not the one that was meant; routes and weights go by the version's name.

    Raises:
        InvalidBundle: Ours.
    """
    if expected is not None and bundle.version != expected:
        raise InvalidBundle(f"the bundle is version {bundle.version}: it must be {expected}")


async def _serve(bundle: Bundle, arguments: argparse.Namespace) -> None:
    from transformer.coalescer import Coalescer
    from transformer.metrics import Metrics
    from transformer.predictor import GrpcPredictor
    from transformer.readiness import GoldenCheck
    from transformer.server import TransformerServer
    from transformer.service import SERVER_NAME, DelayService

    tracing = payload_log = None
    if arguments.trace_endpoint:  # its libraries are worth 10 MiB: not imported where nothing is traced
        from transformer.tracing import Tracing

        tracing = Tracing(
            arguments.trace_endpoint,
            arguments.trace_share,
            service_name=SERVER_NAME,
            service_version=VERSION,
            model_version=bundle.version,
        )
    if arguments.payload_share:
        from transformer.payload_log import PayloadLog

        payload_log = PayloadLog(
            arguments.model_name,
            bundle.version,
            bundle.threshold,
            share=arguments.payload_share,
            most_per_s=arguments.payload_most_per_s,
            most_flights=arguments.payload_most_flights,
        )
    predictor = GrpcPredictor(arguments.predictor_host, arguments.model_name, len(bundle.encoder.columns))
    try:
        metrics = Metrics(arguments.model_name, bundle.version, bundle.digest, bundle.threshold, bundle.reference)
        if payload_log is not None:
            metrics.payload_events = payload_log.outcomes
        service = DelayService(
            arguments.model_name,
            bundle,
            Coalescer(
                predictor,
                metrics,
                deadline_s=arguments.deadline_s,
                most_rows_waiting=arguments.most_rows_waiting,
                tracing=tracing,
            ),
            # a predictor that is later than any caller waits is of no use
            GoldenCheck(bundle, predictor, timeout_s=min(2.0, arguments.deadline_s), kept_s=arguments.golden_kept_s),
            metrics,
            VERSION,
            tracing,
            payload_log,
        )
        server = TransformerServer(
            service,
            host=arguments.host,
            http_port=arguments.http_port,
            grpc_port=arguments.grpc_port,
            most_body_bytes=arguments.most_body_bytes,
            arrival_s=arguments.arrival_s,
            timeout_keep_alive=arguments.timeout_keep_alive,
            unready_s=arguments.unready_s,
            grace_s=arguments.grace_s,
            grpc_connection_s=arguments.grpc_connection_s,
            with_pages=arguments.page,
        )
        gc.collect()
        gc.freeze()  # what is here now stays: no collection has to walk through it again
        logger.info("serving %s, version %s", arguments.model_name, bundle.version)
        await server.run()
    finally:
        await predictor.close()
        for each in (tracing, payload_log):
            if each is not None:
                each.close()


if __name__ == "__main__":
    sys.exit(main())
