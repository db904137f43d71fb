"""The page to try the service, in a browser, as a person uses it."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from flights.fields import FIELDS
from flights.golden import TOLERANCE
from tests.served.running import get

pytestmark = [pytest.mark.served, pytest.mark.browser]

MODEL = "/v2/models/flight-delay"
REQUIRED = [field.name for field in FIELDS if field.required]
WAIT_MS = 30_000
USUAL = {"locale": "en-GB", "timezone_id": "Asia/Tokyo"}
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser(chromium):
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def profile(browser):
    """What is shared by pages that want nothing special: a browser in Tokyo that speaks English."""
    context = browser.new_context(**USUAL)
    context.set_default_timeout(WAIT_MS)
    yield context
    context.close()


@pytest.fixture(scope="module")
def address(pair):
    return f"http://127.0.0.1:{pair.http_port}"


@pytest.fixture
def open_page(browser, profile, address):
    """Opens a page, in a profile of its own if it wants options; none may ask elsewhere or complain of anything."""
    opened, complaints = [], []

    def complain(message):
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def open_page(path="/page", **options):
        page = browser.new_page(**{**USUAL, **options}) if options else profile.new_page()
        page.set_default_timeout(WAIT_MS)
        opened.append(page)
        page.on("console", complain)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: complaints.extend([asked.url] if is_elsewhere(asked.url) else []))
        page.goto(f"{address}{MODEL}{path}")
        return page

    def is_elsewhere(url):
        return not url.startswith((address, f"blob:{address}", "data:"))

    yield open_page
    for page in opened:
        page.close()
    assert not complaints


@pytest.fixture
def page(open_page):
    return open_page()


@pytest.fixture(scope="module")
def golden(pair):
    """The golden flights, each with its probability as ``probability``."""
    rows = zip(*(pair.bundle.golden.columns[name] for name in REQUIRED), strict=True)
    flights = [dict(zip(REQUIRED, row, strict=True)) for row in rows]
    told = zip(flights, pair.bundle.golden.probabilities, strict=True)
    return [{**flight, "probability": probability} for flight, probability in told]


def fill(page, flight):
    page.get_by_label("Scheduled departure").fill(flight["Fecha-I"][:16].replace(" ", "T"))
    page.get_by_label("Destination").fill(flight["Des-I"])
    page.get_by_label("Airline").fill(flight["Emp-I"])
    page.get_by_label("I, international" if flight["TIPOVUELO"] == "I" else "N, domestic").check()


def ask(page):
    page.get_by_role("button", name="Ask", exact=True).click()


def shown(page):
    return json.loads(page.locator("#response").inner_text())


def refuse(page, status, body, content_type="application/json"):
    """Let the service refuse every request of a page; return what it was asked."""
    asked = []

    def answer(route):
        asked.append(route.request)
        route.fulfill(status=status, body=body, content_type=content_type)

    page.route("**/infer", answer)
    return asked


def copied(page, button):
    """Press a button and return what it put on the clipboard."""
    page.evaluate("document.getElementById('copied').textContent = ''")
    page.get_by_role("button", name=button).click()
    expect(page.locator("#copied")).to_have_text("Copied.")
    return page.evaluate("navigator.clipboard.readText()")


def as_csv(rows, delimiter=","):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def ask_for_table(page, text):
    page.get_by_label("Flights as CSV").fill(text)
    page.get_by_role("button", name="Ask for all").click()


def drop(page, content):
    dropped = page.evaluate_handle(
        """bytes => {
            const dropped = new DataTransfer();
            dropped.items.add(new File([new Uint8Array(bytes)], "vuelos.csv"));
            return dropped;
        }""",
        list(content),
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": dropped})


def results(page, delimiter=","):
    """Download the results; return their text and their rows by column."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Download results as CSV").click()
    text = Path(download.value.path()).read_bytes().decode()
    return text, list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))


def violations(page, within=None):
    """Return what axe-core's rules for WCAG 2 AA find, as sentences; within the elements of these selectors, or all."""
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
    found = Axe().run(page, context=within, options={"runOnly": rules})
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found.response["violations"]]


class TestOneFlight:
    @pytest.mark.parametrize("row", [0, 3, 5], ids=["known", "an airline outside the vocabulary", "domestic"])
    def test_typed_in_gives_its_golden_probability(self, page, golden, row):
        flight = golden[row]
        fill(page, flight)
        ask(page)
        expect(page.locator("#answer .probability")).to_have_text(f"{flight['probability']:.1%}")
        answer = {output["name"]: output["data"] for output in shown(page)["outputs"]}
        assert answer["delay_probability"] == pytest.approx([flight["probability"]], abs=TOLERANCE)
        assert json.loads(page.locator("#request").inner_text()) == {
            "inputs": [
                # the browser is in Tokyo, and nothing is shifted
                {"name": name, "shape": [1], "datatype": "BYTES", "data": [flight[name].removesuffix(":00")]}
                for name in REQUIRED
            ]
        }

    def test_is_shown_against_the_threshold_and_the_base_rate(self, page, pair, golden):
        data = pair.bundle.provenance["data"]
        base_rate = data["rows_delayed"] / data["rows_used"]
        fill(page, golden[0])
        ask(page)
        scale = page.get_by_role("img", name="Probability")
        expect(scale).to_have_accessible_name(
            f"Probability {golden[0]['probability']:.1%}, threshold 40.0%, base rate {base_rate:.1%}"
        )
        verdict = "Counts as delayed" if golden[0]["probability"] >= 0.4 else "Does not count as delayed"
        expect(page.get_by_text(verdict, exact=True)).to_be_visible()
        width = float(scale.locator("rect.bar").get_attribute("width"))
        assert width / float(scale.locator("rect.track").get_attribute("width")) == pytest.approx(
            golden[0]["probability"], abs=1e-4
        )

    def test_is_answered_by_the_version_that_the_page_tells_of(self, page, pair, golden):
        fill(page, golden[0])
        with page.expect_request("**/infer") as asked:
            ask(page)
        assert asked.value.url.endswith(f"{MODEL}/versions/{pair.bundle.version}/infer")
        expect(page.locator("#request-line")).to_have_text(f"POST {MODEL}/versions/{pair.bundle.version}/infer")

    def test_can_be_asked_for_below_its_version_too(self, open_page, pair, golden):
        page = open_page(f"/versions/{pair.bundle.version}/page")
        fill(page, golden[0])
        ask(page)
        expect(page.locator("#answer .probability")).to_be_visible()

    def test_offers_the_version_s_vocabulary_and_says_when_a_code_is_outside(self, page, pair, golden):
        for field, choices in (("Emp-I", {"AAL", "LAN", "SKU"}), ("Des-I", {"KMIA", "SAEZ", "SCFA"})):
            options = page.locator(f"#{field}-choices option").evaluate_all("all => all.map((each) => each.value)")
            assert set(options) == choices
        fill(page, {**golden[0], "Emp-I": "qtr"})
        ask(page)
        expect(page.locator("#answer")).to_contain_text("Airline QTR is not in this version's vocabulary")

    def test_is_filled_in_by_the_example(self, page, golden):
        page.get_by_role("button", name="Fill in an example").click()
        ask(page)
        expect(page.locator("#answer .probability")).to_have_text(f"{golden[0]['probability']:.1%}")

    def test_can_be_asked_for_with_the_keyboard_alone(self, page, golden):
        page.get_by_label("Destination").focus()
        page.keyboard.type("KMIA")
        page.keyboard.press("Tab")
        page.keyboard.type("AAL")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.get_by_label("Scheduled departure").fill("2017-01-17T07:01")
        page.keyboard.press("Enter")
        expect(page.locator("#answer .probability")).to_have_text(f"{golden[0]['probability']:.1%}")


class TestWhatIsWrong:
    def test_is_said_at_the_field_that_is_empty(self, page, golden):
        for field in REQUIRED:
            fill(page, golden[0])
            if field == "TIPOVUELO":
                page.locator("[name=TIPOVUELO]").evaluate_all("all => all.forEach((each) => (each.checked = false))")
            else:
                page.locator(f"[name={field}]").fill("")
            ask(page)
            self.is_said_at(page, field, "is missing")

    def test_is_said_at_the_field_with_its_value(self, page, golden):
        for field, value in (("Fecha-I", "1999-12-31T23:59"), ("Des-I", "SC"), ("Emp-I", "L-N")):
            fill(page, golden[0])
            page.locator(f"[name={field}]").fill(value)
            ask(page)
            self.is_said_at(page, field, f"“{value.replace('T', ' ')}” must be")

    def test_is_said_at_the_field_that_the_service_names(self, page, golden):
        fill(page, golden[0])
        for field in REQUIRED:
            sentence = f"{field}, row 0: '<img src=x>' must be something else"
            refuse(page, 400, json.dumps({"error": sentence}))
            ask(page)
            self.is_said_at(page, field, sentence)
            assert page.locator("main img").count() == 0
            expect(page.locator("#response")).to_contain_text(sentence)

    def is_said_at(self, page, field, sentence):
        control, error = page.locator(f"#{field}"), page.locator(f"#{field}-error")
        expect(error).to_be_visible()
        expect(error).to_contain_text(sentence)
        expect(control).to_have_attribute("aria-invalid", "true")
        assert f"{field}-error" in control.get_attribute("aria-describedby").split()
        focused = page.evaluate("document.activeElement.name")
        assert focused == field
        others = [name for name in REQUIRED if name != field]
        for name in others:
            expect(page.locator(f"#{name}-error")).to_be_hidden()

    def test_is_said_at_every_field_at_once_and_forgotten_when_mended(self, page, golden):
        ask(page)
        for field in REQUIRED:
            expect(page.locator(f"#{field}-error")).to_be_visible()
        fill(page, golden[0])
        for field in REQUIRED:
            expect(page.locator(f"#{field}-error")).to_be_hidden()

    @pytest.mark.parametrize(
        ("status", "body", "sentence"),
        [
            (503, '{"error": "the predictor is away"}', "The service answered 503: the predictor is away"),
            (502, "<html>Bad Gateway</html>", "The service answered 502: <html>Bad Gateway</html>"),
            (502, '{"error": {"code": 2}}', 'The service answered 502: {"error": {"code": 2}}'),
            (502, f"<html>{'x' * 10_000}</html>", f"The service answered 502: <html>{'x' * 294}…"),
            (404, '{"error": "gone"}', "This version is not served any more: load the page again."),
        ],
        ids=["the service's own", "a proxy's", "an object", "a long page", "a version that went"],
    )
    def test_with_the_service_is_said_as_an_alert(self, page, golden, status, body, sentence):
        refuse(page, status, body)
        fill(page, golden[0])
        ask(page)
        expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()

    def test_with_the_connection_is_said_as_an_alert(self, page, golden):
        page.route("**/infer", lambda route: route.abort())
        fill(page, golden[0])
        ask(page)
        expect(page.get_by_role("alert").filter(has_text="The service could not be reached")).to_be_visible()

    def test_with_a_service_that_says_nothing_is_said_after_a_while(self, open_page, golden):
        page = open_page(locale="en-GB")
        page.evaluate("() => { AbortSignal.timeout = () => AbortSignal.abort(new DOMException('too late')); }")
        fill(page, golden[0])
        ask(page)
        expect(page.get_by_role("alert")).to_have_text("The service could not be reached: too late")
        expect(page.get_by_role("button", name="Ask", exact=True)).to_be_enabled()


class TestTheToken:
    def test_is_asked_for_at_its_field_sent_and_kept_nowhere(self, page, golden):
        asked = refuse(page, 401, "Jwt is missing", "text/plain")
        fill(page, golden[0])
        ask(page)
        expect(page.locator("#token-error")).to_have_text(
            "The service refused the request with status 401: it needs a good token."
        )
        expect(page.get_by_label("Bearer token")).to_be_focused()
        page.get_by_label("Bearer token").fill("a.good.token")
        with page.expect_response("**/infer"):
            ask(page)
        assert [request.headers.get("authorization") for request in asked] == [None, "Bearer a.good.token"]
        assert page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])") == '[{},{},""]'
        page.reload()
        assert page.locator("#token").input_value() == ""

    def test_is_in_nothing_that_is_copied(self, open_page, golden):
        page = open_page(permissions=["clipboard-read", "clipboard-write"])
        page.get_by_text("Token, if the service asks for one").click()
        page.get_by_label("Bearer token").fill("a.good.token")
        fill(page, golden[0])
        ask(page)
        for way, sent in (("curl", "Bearer $TOKEN"), ("Python", 'os.environ["TOKEN"]')):
            text = copied(page, f"Copy as {way}")
            assert sent in text
            assert "a.good.token" not in text


class TestWhatIsCopied:
    @pytest.mark.parametrize("way", ["curl", "Python"])
    def test_gives_the_same_answer_when_it_is_run(self, open_page, golden, way):
        page = open_page(permissions=["clipboard-read", "clipboard-write"])
        fill(page, golden[0])
        ask(page)
        text = copied(page, f"Copy as {way}")
        program = ["bash", "-c"] if way == "curl" else [sys.executable, "-c"]
        run = subprocess.run([*program, text], capture_output=True, text=True, timeout=30, check=True)
        assert json.loads(run.stdout) == shown(page)

    def test_is_what_is_shown(self, open_page, golden):
        page = open_page(permissions=["clipboard-read", "clipboard-write"])
        fill(page, golden[0])
        ask(page)
        for button, element in (("Copy request", "#request"), ("Copy answer", "#response")):
            assert copied(page, button) == page.locator(element).inner_text()


class TestManyFlights:
    def test_a_thousand_are_answered_and_the_bad_ones_told(self, page, pair, golden):
        rows = [[golden[row % len(golden)][name] for name in REQUIRED] for row in range(1000)]
        rows[4] = ["2017-02-30 10:00", "KMIA", "AAL", "I"]
        rows[500] = ["2017-02-28 10:00", "KMIA", "lan", "I"]
        rows[999] = ["2017-02-28 10:00", "KMIA", "AAL"]
        notes = ['=HYPERLINK("x")', "+1", "-1-1", "@x", "a;b", 'say "hi"', "one\ntwo", "ñandú"]
        table = [[*REQUIRED, "nota"], *([*row, notes[number % len(notes)]] for number, row in enumerate(rows))]
        text = "\ufeff" + as_csv(table, ";")
        asked = []
        page.on("request", lambda request: asked.append(request) if request.url.endswith("/infer") else None)
        page.locator("#file").set_input_files({"name": "v.csv", "mimeType": "text/csv", "buffer": text.encode()})
        expect(page.locator("#outcome")).to_contain_text("Answered: 997 of 1,000 flights.")
        expect(page.locator("#outcome")).to_contain_text("Wrong: 3.")
        assert [len(json.loads(request.post_data)["inputs"][0]["data"]) for request in asked] == [500, 497]
        expect(page.locator("#faults li")).to_have_count(3)
        for place, sentence in enumerate(
            (
                "Row 6: Fecha-I: “2017-02-30 10:00” must be",
                "Row 502: Emp-I: “lan” must be",
                "Row 1,001: cells: 4, where",
            )
        ):
            expect(page.locator("#faults li").nth(place)).to_contain_text(sentence)
        written, told = results(page, ";")
        assert written.startswith(
            "\ufeffFecha-I;Des-I;Emp-I;TIPOVUELO;nota;delay_probability;delayed;model_version;error\r\n"
        )
        assert len(told) == 1000
        for number, row in enumerate(told):
            if number in (4, 500, 999):
                assert row["delay_probability"] == row["delayed"] == row["model_version"] == ""
                assert row["error"]
            else:
                flight = golden[number % len(golden)]
                assert float(row["delay_probability"]) == pytest.approx(flight["probability"], abs=TOLERANCE)
                assert row["delayed"] == ("true" if flight["probability"] >= 0.4 else "false")
                assert (row["model_version"], row["error"]) == (pair.bundle.version, "")
        assert [row["nota"] for row in told[:8]] == [
            "'=HYPERLINK(\"x\")", "+1", "'-1-1", "'@x", "a;b", 'say "hi"', "one\ntwo", "ñandú",
        ]  # fmt: skip

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["commas", "semicolons", "tabs"])
    def test_pasted_are_answered(self, page, golden, delimiter):
        columns = [*REQUIRED[::-1], "OPERA"]
        table = [columns, *([*(flight[name] for name in columns[:-1]), "x"] for flight in golden[:3])]
        ask_for_table(page, as_csv(table, delimiter))
        expect(page.locator("#outcome")).to_contain_text("Answered: 3 of 3 flights.")
        expect(page.locator("#unused")).to_have_text("Passed through, not sent: OPERA.")
        shares = page.locator("#rows tr td:nth-child(6)").all_inner_texts()
        assert shares == [f"{flight['probability']:.1%}" for flight in golden[:3]]

    def test_dropped_as_a_file_of_a_spanish_spreadsheet_are_answered(self, page, golden):
        text = as_csv([[*REQUIRED, "AÑO"], [*(golden[0][name] for name in REQUIRED), "2017"]], ";")
        drop(page, text.encode("windows-1252"))
        expect(page.locator("#outcome")).to_contain_text("Answered: 1 of 1 flights.")
        _, (row,) = results(page, ";")
        assert row["AÑO"] == "2017"

    def test_with_lines_of_nothing_but_delimiters_are_answered_without_them(self, page, golden):
        """Spreadsheets write such lines around a table; each used to be told as a wrong flight."""
        flight = [*(golden[0][name] for name in REQUIRED), "-5", ""]
        empty = [""] * len(flight)
        ask_for_table(page, "\n" + as_csv([[*REQUIRED, "atraso", ""], empty, flight, [" ", *empty[1:]], empty], ";"))
        expect(page.locator("#outcome")).to_contain_text("Answered: 1 of 1 flights. Delayed: 1. Wrong: 0.")
        expect(page.locator("#unused")).to_have_text("Passed through, not sent: atraso.")
        expect(page.locator("#rows td").first).to_have_text("4")
        _, (row,) = results(page, ";")
        assert row["atraso"] == "-5"

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be"])
    def test_dropped_with_a_byte_order_mark_are_read_as_it_says(self, page, golden, encoding):
        text = as_csv([[*REQUIRED, "AÑO"], [*(golden[0][name] for name in REQUIRED), "2017"]], "\t")
        drop(page, text.encode(encoding) if encoding == "utf-8-sig" else ("\ufeff" + text).encode(encoding))
        expect(page.locator("#unused")).to_have_text("Passed through, not sent: AÑO.")
        expect(page.locator("#outcome")).to_contain_text("Answered: 1 of 1 flights.")

    def test_dropped_as_a_folder_are_told_at_the_field(self, page):
        page.evaluate("() => { Blob.prototype.arrayBuffer = () => Promise.reject(new DOMException('a folder')); }")
        drop(page, b"")
        expect(page.locator("#table-error")).to_have_text("vuelos.csv cannot be read: it must be a file.")

    def test_dropped_while_others_are_asked_for_take_their_place(self, page, golden):
        """Both runs used to go on, and the end of the first one hid that the second was under way."""
        held = []
        page.route("**/infer", lambda route: held.append(route))  # Playwright takes no built-in
        flight = [golden[0][name] for name in REQUIRED]
        ask_for_table(page, as_csv([REQUIRED, flight]))
        expect(page.locator("#outcome")).to_have_text("0 of 1 flights …")
        drop(page, as_csv([REQUIRED, flight, flight]).encode())
        expect(page.locator("#outcome")).to_have_text("0 of 2 flights …")
        held[0].continue_()
        page.evaluate(
            "() => fetch('api').then((answer) => answer.text())"
        )  # by its answer the first one's would have come
        expect(page.get_by_role("button", name="Stop")).to_be_visible()
        expect(page.locator("#ask-many")).to_be_disabled()
        held[1].continue_()
        expect(page.locator("#outcome")).to_contain_text("Answered: 2 of 2 flights.")

    def test_that_wait_for_a_busy_service_can_be_stopped(self, page):
        page.route("**/infer", lambda route: route.fulfill(status=503, headers={"retry-after": "3600"}, body="busy"))
        page.get_by_role("button", name="Fill in the golden flights").click()
        with page.expect_response("**/infer"):
            page.get_by_role("button", name="Ask for all").click()
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("#outcome")).to_contain_text("Stopped. Answered: 0 of 27 flights.")

    def test_are_the_golden_ones_at_a_click(self, page, golden):
        page.get_by_role("button", name="Fill in the golden flights").click()
        page.get_by_role("button", name="Ask for all").click()
        expect(page.locator("#outcome")).to_contain_text(f"Answered: {len(golden)} of {len(golden)} flights.")
        _, told = results(page)
        served = [float(row["delay_probability"]) for row in told]
        assert served == pytest.approx([flight["probability"] for flight in golden], abs=TOLERANCE)

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "There are no flights"),
            ("Fecha-I,Des-I,Emp-I,TIPOVUELO\n\n", "There are no flights"),
            (
                "Fecha-I,Des-I,TIPOVUELO\n1,2,3\n",
                "The column Emp-I is missing: the first line has Fecha-I, Des-I, TIPO",
            ),
            ("Fecha-I,Des-I,Emp-I,TIPOVUELO,Emp-I\n1,2,3,4,5\n", "The column Emp-I is there twice"),
            (
                'Fecha-I,Des-I,Emp-I,TIPOVUELO\n"1,2,3,4\n5,6,7,8\n',
                "Row 2: a quotation mark is opened and never closed",
            ),
        ],
        ids=["nothing", "names alone", "a column missing", "a column twice", "an open quotation mark"],
    )
    def test_that_are_no_table_are_told_at_the_field(self, page, text, sentence):
        ask_for_table(page, text)
        expect(page.locator("#table-error")).to_contain_text(sentence)
        expect(page.get_by_label("Flights as CSV")).to_have_attribute("aria-invalid", "true")

    def test_that_the_service_refuses_are_told_by_row_and_the_others_answered(self, page, golden):
        refused = "SCFA"

        def answer(route):
            destinations = json.loads(route.request.post_data)["inputs"][1]["data"]
            if refused in destinations:
                sentence = f"Des-I, row {destinations.index(refused)}: '{refused}' must be another"
                route.fulfill(status=400, json={"error": sentence})
            else:
                route.continue_()

        page.route("**/infer", answer)
        page.get_by_role("button", name="Fill in the golden flights").click()
        page.get_by_role("button", name="Ask for all").click()
        bad = [flight["Des-I"] for flight in golden].count(refused)
        expect(page.locator("#outcome")).to_contain_text(f"Answered: {len(golden) - bad} of {len(golden)} flights.")
        expect(page.locator("#faults li")).to_have_count(bad)
        expect(page.locator("#faults li").first).to_contain_text("'SCFA' must be another")

    def test_wait_for_a_busy_service_and_are_answered(self, open_page):
        page, busy = open_page(locale="en-GB"), [429, 503]

        def answer(route):
            if busy:
                route.fulfill(status=busy.pop(), headers={"retry-after": "0"}, body="busy")
            else:
                route.continue_()

        page.clock.install()
        page.route("**/infer", answer)
        page.get_by_role("button", name="Fill in the golden flights").click()
        page.get_by_role("button", name="Ask for all").click()
        for _ in range(10):
            page.clock.run_for(1000)
        expect(page.locator("#outcome")).to_contain_text("Answered: 27 of 27 flights.")
        assert busy == []

    def test_show_how_far_they_are_and_can_be_stopped(self, page, golden):
        answered = []

        def answer_the_first(route):
            if not answered:
                answered.append(route)
                route.continue_()

        page.route("**/infer", answer_the_first)
        ask_for_table(page, as_csv([REQUIRED, *([[golden[0][name] for name in REQUIRED]] * 600)]))
        expect(page.locator("#outcome")).to_have_text("500 of 600 flights …")
        assert page.get_by_role("progressbar").evaluate("(bar) => bar.value / bar.max") == pytest.approx(5 / 6)
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("#outcome")).to_contain_text("Stopped. Answered: 500 of 600 flights.")
        _, told = results(page)
        assert [row["delay_probability"] != "" for row in told] == [True] * 500 + [False] * 100

    def test_without_a_good_token_are_told_at_the_token(self, page):
        refuse(page, 401, "Jwt is missing", "text/plain")
        page.get_by_role("button", name="Fill in the golden flights").click()
        page.get_by_role("button", name="Ask for all").click()
        expect(page.locator("#token-error")).to_contain_text("it needs a good token")


class TestTheLanguage:
    def test_is_the_browser_s_and_so_are_the_numbers(self, open_page, golden):
        page = open_page(locale="es-CL")
        assert page.locator("html").get_attribute("lang") == "es"
        expect(page.get_by_role("heading", level=1)).to_have_text("¿Saldrá atrasado este vuelo?")
        page.get_by_role("button", name="Poner un ejemplo").click()
        page.get_by_role("button", name="Preguntar", exact=True).click()
        share = f"{golden[0]['probability']:.1%}".replace(".", ",")
        expect(page.locator("#answer .probability")).to_have_text(re.compile(share.replace("%", r"\s?%")))

    def test_can_be_changed_with_all_that_is_shown(self, page):
        ask(page)
        expect(page.locator("#Emp-I-error")).to_contain_text("is missing")
        page.get_by_role("button", name="Español").click()
        assert page.locator("html").get_attribute("lang") == "es"
        expect(page.locator("#Emp-I-error")).to_contain_text("Falta Emp-I")
        page.get_by_role("button", name="English").click()
        expect(page.locator("#Emp-I-error")).to_contain_text("is missing")

    def test_has_a_word_for_everything_in_both(self):
        from transformer.page import assembly

        words = (Path(assembly.__file__).parent / "sources/words.js").read_text()
        english, spanish = (re.findall(r'^    "([^"]+)": ', part, re.M) for part in words.split("\n  es: {"))
        assert english == spanish
        html = (Path(assembly.__file__).parent / "sources/page.html").read_text()
        assert set(re.findall(r'data-word="([^"]+)"', html)) <= set(english)


class TestForEverybody:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_axe_finds_nothing_on_the_page(self, open_page, scheme):
        # axe-core has to be put into the page, which the policy rightly forbids
        page = open_page(color_scheme=scheme, bypass_csp=True)
        ask(page)
        page.get_by_text("Token, if the service asks for one").click()
        assert violations(page) == []
        page.get_by_role("button", name="Fill in an example").click()
        ask(page)
        page.get_by_role("button", name="Fill in the golden flights").click()
        page.get_by_role("button", name="Ask for all").click()
        expect(page.locator("#outcome")).to_contain_text("27 of 27")
        assert violations(page) == []

    def test_axe_finds_nothing_on_the_reference(self, open_page):
        page = open_page("/api", bypass_csp=True)
        # of what there is many times, one: the whole takes it seconds
        assert violations(page, ["header", "#infer", "#ModelMetadata", "#example-all-fields", "h2"]) == []

    @pytest.mark.parametrize("locale", ["en-GB", "es-CL"])
    def test_all_fits_a_phone(self, open_page, locale):
        page = open_page(locale=locale, viewport=PHONE)
        page.locator("#example").click()
        page.locator("#flight [type=submit]").click()
        page.locator("#example-table").click()
        page.locator("#ask-many").click()
        expect(page.locator("#rows tr")).to_have_count(27)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    def test_the_reference_fits_a_phone(self, open_page):
        page = open_page("/api", viewport=PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


class TestTheReference:
    def test_is_linked_from_the_page_and_leads_back(self, page):
        page.get_by_role("link", name="API reference").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Probability that a flight leaves Santiago")
        page.get_by_role("link", name="Try it").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Will this flight leave late?")

    def test_shows_what_a_link_in_it_names(self, open_page):
        page = open_page("/api")
        page.get_by_role("link", name=f"POST {MODEL}/infer", exact=True).click()
        expect(page.locator("#infer")).to_be_in_viewport()
        page.locator("#infer").get_by_role("link", name="InferRequest").first.click()
        expect(page.locator("#InferRequest")).to_be_in_viewport()

    def test_has_every_operation_of_the_document(self, open_page, pair):
        paths = get(pair.http_port, f"{MODEL}/openapi.json").json()["paths"]
        expected = [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]
        assert open_page("/api").locator(".contents a").all_inner_texts() == expected
