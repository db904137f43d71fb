"""``python -m transformer``: serves one bundle in front of an XGBoost runtime."""

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys

from flights import bundle as bundles
from flights.bundle import Bundle
from flights.errors import InvalidBundle, OperatorError
from transformer import kept_out, logs
from transformer.arguments import parser

logger = logging.getLogger("transformer")

VERSION = "0.1.0"


def main() -> int:
    """Serve until a signal ends it; return the exit code."""
    for number in (signal.SIGTERM, signal.SIGINT):  # a container's first process would not hear it otherwise
        signal.signal(number, _leave)
    arguments = parser(__doc__).parse_args()
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


def _leave(*_: object) -> None:
    """End before anything is served; ``TransformerServer.run`` takes the signals over."""
    os._exit(0)


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
