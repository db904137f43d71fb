"""A namespace for each module, gone when the module ends."""

import os
import uuid
from collections.abc import Iterator

import pytest
from kubernetes import config

from tests.e2e.bucket import Bucket
from tests.e2e.release import Namespace


@pytest.fixture(scope="session")
def cluster() -> None:
    """The cluster that KUBECONFIG names."""
    config.load_kube_config(os.environ["KUBECONFIG"])


@pytest.fixture(scope="module")
def namespace(cluster: None, request: pytest.FixtureRequest) -> Iterator[Namespace]:
    """An empty namespace, named after the module."""
    module = request.module.__name__.rpartition("test_")[2].replace("_", "-")
    namespace = Namespace(f"e2e-{module}-{uuid.uuid4().hex[:6]}")
    try:
        namespace.create()
        yield namespace
    finally:
        namespace.delete()


@pytest.fixture(scope="module")
def bucket(namespace: Namespace) -> Bucket:
    """An empty bucket with the namespace's name."""
    return Bucket(namespace.name)
