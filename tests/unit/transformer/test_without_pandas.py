import subprocess
import sys

PROGRAM = """
import sys
sys.argv = ["transformer"]
from transformer import without_pandas
without_pandas.keep_out()
import transformer.server
import pandas
assert [name for name in sys.modules if name.startswith("pandas")] == ["pandas"], "pandas itself was imported"
from kserve import InferInput, InferRequest
assert not isinstance(object(), pandas.DataFrame)
try:
    InferRequest("m", [InferInput("x", [1], "INT64", [1])]).as_dataframe()
except NotImplementedError as error:
    print(error)
"""


def test_the_server_is_imported_without_pandas_and_who_needs_it_is_told() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert ran.stdout == "pandas is kept out of the transformer\n"
