"""``python -m scripts.pictures``: serves the shipped bundle and takes the pictures of its pages, into docs/.

CHROMIUM names the browser; without it, one on PATH is taken.
"""

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from scripts.ports import ADDRESS, free_ports
from scripts.serve import START_LIMIT_S, STOP_LIMIT_S

DOCS = Path(__file__).parents[1] / "docs"
DESKTOP, PHONE = ViewportSize(width=1100, height=900), ViewportSize(width=390, height=844)


@contextmanager
def served() -> Iterator[str]:
    """Serve the shipped bundle, and return the address that its pages are below."""
    http_port, grpc_port = free_ports(2)
    environment = os.environ | {"HTTP_PORT": str(http_port), "GRPC_PORT": str(grpc_port), "BUNDLE": "bundles/scl"}
    with subprocess.Popen([sys.executable, "-m", "scripts.serve"], env=environment, stdout=subprocess.DEVNULL) as pair:
        try:
            model = f"http://{ADDRESS}:{http_port}/v2/models/flight-delay"
            _wait_until_ready(pair, f"{model}/ready")
            yield model
        finally:
            pair.terminate()
            pair.wait(2 * STOP_LIMIT_S)


def _wait_until_ready(pair: subprocess.Popen[bytes], url: str) -> None:
    until_s = time.monotonic() + START_LIMIT_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            if pair.poll() is not None or time.monotonic() > until_s:
                sys.exit("the service did not become ready: no pictures were taken")
            time.sleep(0.2)


def _open(browser: Browser, url: str, viewport: ViewportSize, locale: str) -> Page:
    page = browser.new_page(viewport=viewport, locale=locale, color_scheme="light")
    page.goto(url)
    return page


def _ask(page: Page) -> None:
    page.locator("#example").click()
    page.locator("#flight [type=submit]").click()
    page.locator("#answer .probability").wait_for()


def main() -> int:
    """Take the pictures."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("there is no Chromium on PATH: apt-get install chromium, or set CHROMIUM")
    with served() as model, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        page = _open(browser, f"{model}/page", DESKTOP, "en-GB")
        _ask(page)
        page.locator("#example-table").click()
        page.locator("#ask-many").click()
        page.locator("#rows tr").first.wait_for()
        _take(page, "page.png")
        page = _open(browser, f"{model}/page", PHONE, "es-CL")
        _ask(page)
        _take(page, "page-phone.png", whole=False)
        _take(_open(browser, f"{model}/api#infer", DESKTOP, "en-GB"), "api.png", whole=False)
        browser.close()
    return 0


def _take(page: Page, name: str, *, whole: bool = True) -> None:
    page.screenshot(path=DOCS / name, full_page=whole)
    print(f"wrote docs/{name}")


if __name__ == "__main__":
    sys.exit(main())
