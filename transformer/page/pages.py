"""The two pages of a version, as they are served: the one to try it, and the API's reference.

They are made once, at the start. A page may be kept by a browser but is asked for again every time, because the
version behind its address changes; an unchanged one is answered 304.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from transformer.metadata import PAGE, REFERENCE
from transformer.page import reference
from transformer.page.assembly import Page, json_element, put_together
from transformer.page.facts import facts_of
from transformer.rest_inference import RestResponse
from transformer.service import DelayService

_SCRIPTS = (
    "words.js",
    "contract.js",
    "exchange.js",
    "scale.js",
    "elements.js",
    "token.js",
    "form.js",
    "csv.js",
    "batch.js",
    "table.js",
    "main.js",
)


@dataclass(frozen=True, slots=True)
class ServedPage:
    """A page with its headers.

    Attributes:
        whole: The answer with the page.
        unchanged: The answer to who has it already.
        tag: Its ETag.
    """

    whole: RestResponse
    unchanged: RestResponse
    tag: bytes

    @classmethod
    def of(cls, page: Page) -> "ServedPage":
        """Give a page its headers."""
        body = page.html.encode()
        tag = b'"%b"' % hashlib.sha256(body).hexdigest()[:32].encode()
        headers = (
            (b"etag", tag),
            (b"cache-control", b"no-cache"),
            (b"content-security-policy", page.policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"cross-origin-opener-policy", b"same-origin"),
        )
        whole = RestResponse(HTTPStatus.OK, ((b"content-type", b"text/html; charset=utf-8"), *headers), body)
        return cls(whole, RestResponse(HTTPStatus.NOT_MODIFIED, headers, b""), tag)

    def answer(self, headers: Sequence[tuple[bytes, bytes]]) -> RestResponse:
        """Answer a request with these headers, names in lower case."""
        known = b",".join(value for name, value in headers if name == b"if-none-match")
        tags = {tag.strip().removeprefix(b"W/") for tag in known.split(b",")}
        return self.unchanged if tags & {self.tag, b"*"} else self.whole


def pages_of(service: DelayService, document: Mapping[str, object]) -> dict[str, ServedPage]:
    """Return both pages by where they are below the model's path.

    Args:
        service: The version.
        document: Its OpenAPI document.
    """
    facts = {"facts": json_element(facts_of(service))}
    return {
        PAGE: ServedPage.of(
            put_together("page.html", styles=["style.css", "page.css"], scripts=_SCRIPTS, filled=facts)
        ),
        REFERENCE: ServedPage.of(
            put_together("api.html", styles=["style.css", "api.css"], filled=reference.places_of(document))
        ),
    }
