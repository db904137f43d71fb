import subprocess
import sys

PROGRAM = """
import sys
sys.argv = ["transformer"]
from transformer import kept_out
kept_out.keep_out()
import transformer.server
import pandas
loaded = {name for name in sys.modules if name.partition(".")[0] in ("pandas", "kubernetes", "oauthlib")}
assert loaded == set(kept_out.MODULES), loaded
from kserve import InferInput, InferRequest
assert not isinstance(object(), pandas.DataFrame)
import kserve
try:
    kserve.KServeClient()
except NotImplementedError as error:
    print(error)
try:
    InferRequest("m", [InferInput("x", [1], "INT64", [1])]).as_dataframe()
except NotImplementedError as error:
    print(error)
"""


def test_the_server_is_imported_kept_out_and_who_needs_it_is_told() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == [
        "kubernetes.config is kept out of the transformer",
        "pandas is kept out of the transformer",
    ]
