"""What is in a bucket stays as it is."""

import pytest
from google.api_core.exceptions import PreconditionFailed

from scripts.release import bucket
from tests.flights import make_bundle


class Blob:
    def __init__(self, objects, name):
        self.objects, self.name = objects, name

    def upload_from_string(self, content, *, if_generation_match):
        assert if_generation_match == 0
        if self.name in self.objects:
            raise PreconditionFailed("there")
        self.objects[self.name] = content

    def download_as_bytes(self):
        return self.objects[self.name]

    def download_to_filename(self, path):
        path.write_bytes(self.objects[self.name])

    def exists(self):
        return self.name in self.objects


class Store:
    """A bucket in memory."""

    def __init__(self):
        self.objects = {}

    def bucket(self, _name):
        return self

    def blob(self, name):
        return Blob(self.objects, name)

    def list_blobs(self, _bucket, prefix):
        return [Blob(self.objects, name) for name in self.objects if name.startswith(prefix)]


@pytest.fixture
def store():
    return Store()


def test_an_object_is_written_once(store):
    assert bucket.put(store, b"a", "gs://b/name")
    assert not bucket.put(store, b"a", "gs://b/name")
    assert store.objects == {"name": b"a"}


def test_an_object_with_other_content_is_refused(store):
    bucket.put(store, b"a", "gs://b/name")
    with pytest.raises(bucket.Refused, match="gs://b/name is there with other content"):
        bucket.put(store, b"other", "gs://b/name")
    assert store.objects == {"name": b"a"}


@pytest.mark.parametrize("address", ["b/name", "gs://b", "gs://b/", "gs:///name", "s3://b/name"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(bucket.Refused, match="must be gs://BUCKET/NAME"):
        bucket.parts(address)


def test_a_bundle_comes_back_as_it_went(store, tmp_path):
    folder = make_bundle(tmp_path / "bundle")
    assert bucket.put_bundle(store, folder, "gs://b/bundles/one")
    assert list(store.objects)[-1] == f"bundles/one/{bucket.DESCRIPTION}"
    assert not bucket.put_bundle(store, folder, "gs://b/bundles/one")
    bucket.get_bundle(store, "gs://b/bundles/one", tmp_path / "back")
    for path in folder.rglob("*.json"):
        assert (tmp_path / "back" / path.relative_to(folder)).read_bytes() == path.read_bytes()


def test_another_report_of_the_same_bundle_leaves_what_is_there(store, tmp_path):
    bucket.put_bundle(store, make_bundle(tmp_path / "one"), "gs://b/one")
    before = dict(store.objects)
    other = make_bundle(tmp_path / "other", report={"metrics.json": b'{"a": 1}\n', "more.json": b"{}\n"})
    assert not bucket.put_bundle(store, other, "gs://b/one")
    assert store.objects == before


def test_another_bundle_at_the_same_address_is_refused(store, tmp_path):
    bucket.put_bundle(store, make_bundle(tmp_path / "one", version="one"), "gs://b/one")
    other = make_bundle(tmp_path / "other", threshold=0.3, version="one")
    with pytest.raises(bucket.Refused, match="other content"):
        bucket.put_bundle(store, other, "gs://b/one")


def test_an_upload_that_was_cut_off_goes_on(store, tmp_path):
    folder = make_bundle(tmp_path / "bundle")
    bucket.put_bundle(store, folder, "gs://b/one")
    whole = dict(store.objects)
    del store.objects[f"one/{bucket.DESCRIPTION}"], store.objects["one/model.ubj"]
    assert bucket.put_bundle(store, folder, "gs://b/one")
    assert store.objects == whole


def test_a_bundle_that_is_not_there_is_told(store, tmp_path):
    with pytest.raises(bucket.Refused, match="gs://b/none holds nothing"):
        bucket.get_bundle(store, "gs://b/none", tmp_path / "back")
