"""The XGBoost runtime: ``python -m model_server --model_name --model_dir --http_port --grpc_port --nthread``.

It does what KServe's stock image ``kserve/xgbserver`` does, for a machine without containers and for clusters
that cannot pull that image, on the same SDK: the same flags (the SDK's among them; unknown ones are ignored), the
same rule for the file to load, the same answers, so that a transformer cannot tell the two apart. It differs in
three things: ``--model_dir`` is a folder and never a URI, because in a cluster the storage initializer has filled
it; there is no loading of further models from sub-folders at run time; and ``--host`` can keep it to one address.

The SDK logs lines for every request, as the stock image does. ``--enable_latency_logging=false`` leaves out the
latencies, ``KSERVE_LOGLEVEL=WARNING`` in the environment the rest.
"""

import argparse
import logging
import socket
import sys
from pathlib import Path

import kserve
import xgboost
from kserve.logging import configure_logging
from kserve.model_server import parser as sdk_parser

from model_server import booster_file
from model_server.model import BoosterModel
from model_server.one_address import OneAddressServer


def main() -> None:
    """Serve the booster of one folder until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m model_server", parents=[sdk_parser])
    parser.add_argument("--model_dir", required=True, type=Path, help="folder with one booster at its top")
    parser.add_argument("--nthread", default=1, type=int, help="threads of one prediction (default: 1)")
    parser.add_argument("--host", help="listen on this address only (default: on all, as the stock image)")
    arguments, _ = parser.parse_known_args()
    if arguments.host is not None and arguments.workers > 1:
        parser.error("--host needs --workers 1: the SDK's workers listen on every address")

    configure_logging(arguments.log_config_file)
    _check_ports(arguments)
    try:
        model = _load(arguments)
    except (booster_file.TooManyBoosters, OSError) as error:
        sys.exit(f"no booster can be loaded: {error}")
    except xgboost.core.XGBoostError as error:
        reason = str(error).partition("\n")[0]
        sys.exit(f"{arguments.model_dir} has a booster that xgboost {xgboost.__version__} cannot read: {reason}")

    models = kserve.ModelRepository(str(arguments.model_dir))
    if arguments.host is None:
        server = kserve.ModelServer(registered_models=models)
    else:
        server = OneAddressServer(arguments.host, models)
    server.start([model] if model else [])


def _check_ports(arguments: argparse.Namespace) -> None:
    """End with one sentence where a port is taken; the SDK has stack traces for it."""
    for port in (arguments.http_port, arguments.grpc_port) if arguments.enable_grpc else (arguments.http_port,):
        try:
            socket.create_server((arguments.host or "", port)).close()
        except (OSError, OverflowError) as error:
            sys.exit(f"port {port} cannot be listened on: {error}")


def _load(arguments: argparse.Namespace) -> BoosterModel | None:
    path = booster_file.find(arguments.model_dir)
    if path is None:
        # The stock runtime stays up too: its health endpoint answers, its model does not.
        logging.getLogger("kserve").error("%s has no booster at its top", arguments.model_dir)
        return None
    return BoosterModel(arguments.model_name, path, arguments.nthread)


if __name__ == "__main__":
    main()
