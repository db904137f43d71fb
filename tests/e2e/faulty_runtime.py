"""The XGBoost runtime with a heavy booster, and made faulty: ServingRuntimes of a test's own namespace.

They take CALL_S longer for a call than the runtime does. A booster of trees is so fast that on two cores, which
the load and the proxies use too, a request's duration would be the machine's and not the version's: no limit could be
held against it. The faulty ones also spoil what they answer to live traffic. The golden flights of a readiness check,
which come all at once and are more than the load ever sends, are answered right, or no such version would ever get
traffic.
"""

from kubernetes import client

from tests.e2e.asking import BUNDLE
from tests.e2e.release import Namespace

PROGRAM = """
import random, sys, time
import numpy
from model_server import __main__ as program, model

FAULT, GOLDEN, CALL_S = sys.argv.pop(1), int(sys.argv.pop(1)), float(sys.argv.pop(1))

class Spoilt:
    def __init__(self, booster):
        self.booster, self.live = booster, 0

    def predict(self, matrix):
        time.sleep(CALL_S)
        probabilities, rows = self.booster.predict(matrix), matrix.num_row()
        if rows >= GOLDEN:
            return probabilities / 2 if FAULT == "forgets" and self.live > 300 else probabilities
        self.live += rows
        if FAULT == "errors" and random.random() < 0.01:
            raise RuntimeError("one in a hundred")
        if FAULT == "drifts":
            return numpy.float32(1) / (1 + (1 - probabilities) / probabilities / numpy.float32(3))
        return probabilities

begin = model.BoosterModel.__init__

def spoilt(self, *arguments):
    begin(self, *arguments)
    self._booster = Spoilt(self._booster)

model.BoosterModel.__init__ = spoilt
program.main()
"""

FAULTS = ("errors", "slow", "drifts", "forgets")
SOUND = "heavy"
CALL_S = 0.05
CALLS_S = {"slow": 2 * CALL_S, "errors": 0}
"""Those that take another time. The one with errors waits for none: flights of one call would fail together."""


def create(namespace: Namespace) -> None:
    """Make a ServingRuntime for each fault, named after it, and a sound one."""
    stock = client.CustomObjectsApi().get_cluster_custom_object(
        "serving.kserve.io", "v1alpha1", "clusterservingruntimes", "kserve-xgbserver"
    )
    for fault in (SOUND, *FAULTS):
        container = {**stock["spec"]["containers"][0]}
        container["command"] = [
            "/opt/model-server/venv/bin/python",
            "-c",
            PROGRAM,
            fault,
            str(len(BUNDLE.golden.probabilities)),
            str(CALLS_S.get(fault, CALL_S)),
        ]
        runtime = {
            "apiVersion": "serving.kserve.io/v1alpha1",
            "kind": "ServingRuntime",
            "metadata": {"name": fault},
            # found by its name alone: two that may be chosen for a format must differ in priority
            "spec": {
                **stock["spec"],
                "containers": [container],
                "supportedModelFormats": [{"name": "xgboost", "version": "2"}],
            },
        }
        client.CustomObjectsApi().create_namespaced_custom_object(
            "serving.kserve.io", "v1alpha1", namespace.name, "servingruntimes", runtime
        )
