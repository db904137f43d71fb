"""The pages for people, as text: what is in them, and what a browser is told about them."""

import asyncio
import base64
import hashlib
import json
import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any

import pytest

from flights.bundle import Bundle
from flights.errors import PredictorUnavailable
from flights.fields import FIELDS
from tests.predictors import FakePredictor
from tests.unit.transformer.versions import make_service
from transformer import openapi
from transformer.page import facts, pages, reference
from transformer.page.assembly import json_element
from transformer.rest import RestApplication
from transformer.rest_inference import RestInference

MODEL = "/v2/models/flight-delay"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str


async def not_called(*_: object) -> None:
    raise AssertionError("the SDK's application was asked")


@pytest.fixture
def inference(bundle: Bundle, predictor: FakePredictor) -> RestInference:
    return RestInference(make_service(bundle, predictor), most_body_bytes=2**20)


def ask(inference: RestInference, path: str, *, method: str = "GET", with_pages: bool = True, **headers: str) -> Answer:
    """Ask the ASGI application of a version."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    application = RestApplication(inference, not_called, with_pages=with_pages)
    asyncio.run(application(scope, not_called, send))  # type: ignore[arg-type]
    start, body = sent
    told = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], told, body["body"].decode())


@pytest.mark.parametrize("name", ["infer", "ready", "page", "versions"])
def test_a_model_named_after_what_is_asked_of_models_still_describes_itself(
    bundle: Bundle, predictor: FakePredictor, name: str
) -> None:
    """Its path ends as that of another question does: a model named infer used to take inference there."""
    inference = RestInference(make_service(bundle, predictor, name), most_body_bytes=2**20)
    predictor.fault = PredictorUnavailable("away")
    for path in (f"/v2/models/{name}", f"/v2/models/{name}/versions/{bundle.version}"):
        answer = ask(inference, path)
        assert (answer.status, json.loads(answer.body)["name"]) == (200, name)
        assert ask(inference, path, method="POST").status == 405
    assert ask(inference, f"/v2/models/{name}/ready").status == 503


class Read(HTMLParser):
    """What a browser would see: every tag, every id, every link, and the text of scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._inside: str | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag in ("script", "style"):
            self._inside = attributes.get("type") or tag
            self.texts[self._inside] = ""

    def handle_data(self, data: str) -> None:
        if self._inside is not None:
            self.texts[self._inside] += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = None

    def all(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(attribute)) is not None]


@pytest.mark.parametrize("page", [pages.PAGE, pages.REFERENCE])
class TestEachPage:
    def test_is_html_that_is_asked_for_anew_and_not_sent_again(self, inference: RestInference, page: str) -> None:
        whole = ask(inference, MODEL + page)
        assert (whole.status, whole.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert whole.headers["cache-control"] == "no-cache"
        assert int(whole.headers["content-length"]) == len(whole.body.encode())
        for tags in (whole.headers["etag"], f'"another", W/{whole.headers["etag"]}', "*"):
            again = ask(inference, MODEL + page, if_none_match=tags)
            assert (again.status, again.body) == (304, "")
            assert again.headers["etag"] == whole.headers["etag"]
            assert "content-length" not in again.headers
        assert ask(inference, MODEL + page, if_none_match='"another"').status == 200

    def test_may_do_nothing_but_what_its_own_style_and_script_do(self, inference: RestInference, page: str) -> None:
        answer = ask(inference, MODEL + page)
        policy = dict(each.split(" ", 1) for each in answer.headers["content-security-policy"].split("; "))
        read = Read(answer.body)
        assert {directive for directive, allowed in policy.items() if allowed == "'none'"} >= {
            *("default-src", "base-uri", "form-action", "frame-ancestors", "trusted-types")
        }
        assert policy["require-trusted-types-for"] == "'script'"
        assert policy["connect-src"] == ("'self'" if page == pages.PAGE else "'none'")
        assert "unsafe" not in answer.headers["content-security-policy"]
        for directive, kind in (("style-src", "style"), ("script-src", "module")):
            digest = hashlib.sha256(read.texts.get(kind, "").encode()).digest()
            allowed = f"'sha256-{base64.b64encode(digest).decode()}'" if kind in read.texts else "'none'"
            assert policy[directive] == allowed
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"

    def test_loads_nothing_and_styles_nothing_inline(self, inference: RestInference, page: str) -> None:
        read = Read(ask(inference, MODEL + page).body)
        assert not read.all("src")
        assert not read.all("style")
        assert not [name for _, attributes in read.tags for name in attributes if name.startswith("on")]
        assert {attributes["rel"] for tag, attributes in read.tags if tag == "link"} == {"icon"}

    def test_leads_somewhere_by_every_link_and_label(self, inference: RestInference, page: str) -> None:
        read = Read(ask(inference, MODEL + page).body)
        identifiers = read.all("id")
        assert len(identifiers) == len(set(identifiers))
        within = [link.removeprefix("#") for link in read.all("href") if link.startswith("#")]
        named = [*within, *read.all("for"), *" ".join(read.all("aria-labelledby")).split()]
        assert set(named) <= set(identifiers)
        assert {link for link in read.all("href") if link.startswith(("http", "/"))} == set()

    def test_is_below_its_version_too_and_below_no_other(self, inference: RestInference, page: str) -> None:
        assert ask(inference, f"{MODEL}/versions/v-test{page}").body == ask(inference, MODEL + page).body
        assert ask(inference, f"{MODEL}/versions/another{page}").status == 404

    def test_takes_get_and_head_alone(self, inference: RestInference, page: str) -> None:
        assert ask(inference, MODEL + page, method="HEAD").status == 200
        refused = ask(inference, MODEL + page, method="POST")
        assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")

    def test_is_not_found_where_it_is_not_asked_for(self, inference: RestInference, page: str) -> None:
        refused = ask(inference, MODEL + page, with_pages=False)
        assert refused.status == 404
        assert json.loads(refused.body) == {
            "error": f"'{MODEL}{page}' is not served here: see /v2 and /v2/models/flight-delay"
        }

    def test_echoes_the_request_id(self, inference: RestInference, page: str) -> None:
        answer = ask(inference, MODEL + page, x_request_id="mine")
        assert (answer.headers["x-request-id"], answer.headers["x-model-version"]) == ("mine", "v-test")


class TestTheFacts:
    def test_are_the_version_s_own(self, inference: RestInference) -> None:
        told = json.loads(Read(ask(inference, MODEL + pages.PAGE).body).texts["application/json"])
        bundle = inference.service.bundle
        assert (told["version"], told["threshold"]) == ("v-test", inference.service.threshold)
        assert told["vocabulary"] == {table.field: sorted(table.values) for table in bundle.encoder.tables}
        assert [flight["Emp-I"] for flight in told["golden"]] == bundle.golden.columns["Emp-I"]

    def test_have_a_pattern_for_each_field_that_a_request_must_carry(self, inference: RestInference) -> None:
        told: Any = facts.facts_of(inference.service)["fields"]
        assert [field["name"] for field in told] == [field.name for field in FIELDS if field.required]
        for field in told:
            example = next(each.example for each in FIELDS if each.name == field["name"])
            assert re.fullmatch(field["pattern"], str(example))
            assert not re.fullmatch(field["pattern"], "?")

    @pytest.mark.parametrize(
        ("data", "base_rate"),
        [
            ({"rows_used": 200, "rows_delayed": 37}, 0.185),
            ({"rows_used": 200}, None),
            ({"rows_used": 0, "rows_delayed": 0}, None),
            ({"rows_used": 2, "rows_delayed": 3}, None),
            ({"rows_used": "200", "rows_delayed": "37"}, None),
            (None, None),
        ],
        ids=["counted", "an older bundle", "no flights", "more than all", "texts", "no data"],
    )
    def test_have_the_base_rate_where_the_bundle_counts_it(
        self, bundle: Bundle, predictor: FakePredictor, data: object, base_rate: float | None
    ) -> None:
        told = facts.facts_of(make_service(replace(bundle, provenance={"data": data}), predictor))
        assert told["baseRate"] == base_rate

    def test_cannot_end_the_element_that_they_are_in(self) -> None:
        hostile = {"</script><script>alert(1)</script>": "<!--"}
        assert "<" not in json_element(hostile)
        assert json.loads(json_element(hostile)) == hostile


class TestTheReference:
    def test_has_every_operation_schema_and_example(self, inference: RestInference) -> None:
        document: Any = openapi.document(inference, with_pages=True)
        identifiers = Read(ask(inference, MODEL + pages.REFERENCE).body).all("id")
        operations = {
            operation["operationId"] for methods in document["paths"].values() for operation in methods.values()
        }
        assert operations | document["components"]["schemas"].keys() <= set(identifiers)
        assert {f"example-{name}" for name in document["components"]["examples"]} <= set(identifiers)

    def test_says_what_each_operation_can_be_told_in_headers(self, inference: RestInference) -> None:
        document: Any = openapi.document(inference, with_pages=True)
        html = "".join(reference.places_of(document).values())
        operations = [operation for methods in document["paths"].values() for operation in methods.values()]
        assert html.count("<code>x-model-version</code> (header): ") == len(operations)
        assert "const <code>&quot;v-test&quot;</code>" in html

    def test_takes_nothing_in_the_document_for_html(self, inference: RestInference) -> None:
        def hostile(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: each if key == "$ref" else hostile(each) for key, each in value.items()}
            if isinstance(value, list):
                return [hostile(each) for each in value]
            return f"<b onclick=x>{value}" if isinstance(value, str) else value

        document = json.loads(json.dumps(openapi.document(inference, with_pages=True)))
        plain = reference.places_of(document)
        for place, html in reference.places_of(hostile(document)).items():
            assert [tag for tag, _ in Read(html).tags] == [tag for tag, _ in Read(plain[place]).tags]
            assert not Read(html).all("onclick")

    def test_lays_json_out_without_changing_it(self) -> None:
        deep = {"a": [{"b": "x" * 60}, {"b": "y" * 60}]}
        value = {"short": [1, 2], "long": list(range(60)), "deep": deep, "none": {}}
        text = reference.laid_out(value)
        assert json.loads(text) == value
        assert max(map(len, text.splitlines())) <= 102
        assert '"short": [1, 2]' in text
