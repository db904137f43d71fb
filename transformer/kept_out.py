"""Keeps out of the process what the KServe SDK imports for others.

pandas, for ``InferRequest.as_dataframe`` and its like: 35 MiB of memory in every pod and half of the time to start.
kubernetes, for the SDK's client of the cluster: 75 MiB in the image. Nothing here calls either. In their places stand
modules of those names whose every name is a class that cannot be made; nothing is an instance of one.
"""

import sys
from types import ModuleType

MODULES = ("pandas", "kubernetes", "kubernetes.client", "kubernetes.config", "kubernetes.watch")


class _StandIn(ModuleType):
    __path__: list[str] = []  # noqa: RUF012  # it counts as a package

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)

        def refuse(*_: object, **__: object) -> None:
            raise NotImplementedError(f"{self.__name__} is kept out of the transformer")

        made = type(name, (), {"__init__": refuse})
        setattr(self, name, made)
        return made


def keep_out() -> None:
    """Put the stand-ins where the SDK's imports find them; must come before the SDK is imported."""
    for name in MODULES:
        if name not in sys.modules:
            module = sys.modules[name] = _StandIn(name, f"a stand-in, see {__name__}")
            parent, _, child = name.rpartition(".")
            if isinstance(sys.modules.get(parent), _StandIn):
                setattr(sys.modules[parent], child, module)
