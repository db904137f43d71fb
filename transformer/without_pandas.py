"""Keeps pandas out of the process.

The KServe SDK imports pandas for ``InferRequest.as_dataframe`` and its like, which nothing here calls: 35 MiB of
memory in every pod and half of the time to start. In its place stands a module of that name with the one class
that the SDK names in annotations and type checks; nothing is an instance of it.
"""

import sys
from types import ModuleType


class DataFrame:
    """Stands for ``pandas.DataFrame``."""

    def __init__(self, *_: object, **__: object) -> None:
        raise NotImplementedError("pandas is kept out of the transformer")


def keep_out() -> None:
    """Put the stand-in where the SDK's import finds it; must come before the SDK is imported."""
    if "pandas" not in sys.modules:
        stand_in = ModuleType("pandas", "a stand-in, see transformer.without_pandas")
        stand_in.DataFrame = DataFrame  # type: ignore[attr-defined]
        sys.modules["pandas"] = stand_in
