"""The page: what its server answers and refuses, and what a person sees in a real browser."""

from __future__ import annotations

import json
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from answered_tasks import BAD, FRAMES, GOOD, HOSTILE, SHY, TASKS
from fixtures import RunningServer
from required import missing
from schema_server import Behaviour

from benchmarks.stand_in_library import stand_in_library
from resources.galaxy import Galaxy
from tg_assets.model_performance.evidence import Evidence, of_simulation
from tg_assets.model_performance.opening import of_galaxy
from tg_assets.model_performance.page.pictures import STRIP, Pictures
from tg_assets.model_performance.page.serving import PerformancePage
from tg_assets.settings import load_settings

WORST = {"kind": "top-k", "model": BAD, "by": ["generator"], "k": 2}


def served(evidence: Evidence, pictures: Pictures) -> Iterator[str]:
    page = PerformancePage(evidence, pictures, "what was said")
    running = RunningServer(Behaviour(), page)  # type: ignore[arg-type]
    yield running.url.removesuffix("/v1")
    running.stop()


@pytest.fixture(scope="module")
def url(answered: Path) -> Iterator[str]:
    galaxy = Galaxy(load_settings(answered))
    evidence = of_galaxy(galaxy)
    tasks = galaxy.tables.read("evaluation_tasks")
    yield from served(evidence, Pictures.of(evidence.answers, tasks))


@pytest.fixture(scope="module")
def simulated_url() -> Iterator[str]:
    evidence = of_simulation("smooth", stand_in_library(), ["--simulate", "smooth"])
    yield from served(evidence, Pictures({}, {}))


def get(url: str, **headers: str) -> tuple[int, Any]:
    return _sent(urllib.request.Request(url, headers=headers))


def post(url: str, body: Any, kind: str = "application/json") -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return _sent(urllib.request.Request(url, data, {"content-type": kind}))


def _sent(request: urllib.request.Request) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_instances_hold_what_each_model_said_the_worst_first(url: str) -> None:
    values = {"generator": "how-many-2d"}
    body = {"query": WORST, "values": values, "verdict": "all", "at": 0}
    status, found = post(f"{url}/instances", body)
    assert (status, found["in_all"]) == (200, TASKS)
    first = found["instances"][0]
    assert [one["model"] for one in first["models"]] == [BAD, GOOD, SHY]
    bad, good, shy = (one["replies"] for one in first["models"])
    assert {reply["said"] for reply in good} == {first["right"]}
    assert not any(reply["correct"] for reply in bad)
    assert shy[1]["outcome"] == "failed"
    assert shy[1]["reason"] == "the server closed the connection"
    assert found["confused"]
    assert all(right != said for right, said, _ in found["confused"])
    for verdict, number in (("right", 0), ("wrong", TASKS), ("none", 0)):
        assert post(f"{url}/instances", body | {"verdict": verdict})[1]["in_all"] == number


def test_a_video_shows_frames_and_a_picture_that_changed_is_not_shown(
    url: str, answered: Path
) -> None:
    body = {"query": WORST, "values": {"generator": "what-rotate-video"}, "at": 0}
    _, found = post(f"{url}/instances", body)
    one = found["instances"][-1]
    assert len(one["pictures"]) == len(range(0, FRAMES, -(-FRAMES // STRIP)))
    for image in one["pictures"]:
        with urllib.request.urlopen(f"{url}/picture/{image}", timeout=30) as reply:
            assert reply.headers["content-type"] == "image/png"
    name = f"what-rotate-video-{one['index']}-{one['seed']}-0.png"
    file = answered.parent / "galaxy" / "pictures" / name
    before = file.read_bytes()
    try:
        file.write_bytes(before + b"more")
        status, said = get(f"{url}/picture/{one['pictures'][0]}")
        assert (status, "changed after it was registered" in said["error"]) == (404, True)
    finally:
        file.write_bytes(before)
    assert get(f"{url}/picture/..%2F..%2Fetc%2Fpasswd")[0] == 404


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("answer", {"query": {**WORST, "model": "zed"}}, "no evaluations of zed; there are some"),
        ("answer", {"query": {**WORST, "by": ["colour"]}}, "no column 'colour'; they have"),
        ("answer", {"query": {**WORST, "kind": "luck"}}, "the query: Input tag 'luck'"),
        ("answer", {"query": {**WORST, "k": 0}}, "k: Input should be greater than"),
        ("answer", {"query": WORST, "more": -1}, "more: a whole number from 0 to 20,000"),
        ("answer", {"query": WORST, "more": True}, "more: a whole number"),
        ("answer", {"query": {**WORST, "plans": {"target": "appel"}}}, "there are apple"),
        ("answer", b"{", "the request is not JSON"),
        ("answer", [], "to be a JSON object"),
        ("answer", {"query": "top-k"}, "query: an object with a kind"),
        ("instances", {"query": WORST, "values": {"colour": 1}}, "no column 'colour'"),
        ("instances", {"query": WORST, "values": 3}, "values: an object"),
        ("instances", {"query": WORST, "values": {}, "verdict": "odd"}, "verdict: one of all"),
    ],
)
def test_what_is_wrong_with_a_request_is_said(url: str, path: str, body: Any, said: str) -> None:
    status, answer = post(f"{url}/{path}", body)
    assert status == 400
    assert said in answer["error"]


def test_other_sites_reach_nothing(url: str) -> None:
    assert get(f"{url}/known", Host="evil.example:80")[0] == 403
    assert post(f"{url}/answer", {"query": WORST}, "text/plain")[0] == 400
    with urllib.request.urlopen(url, timeout=30) as reply:
        policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for file in ("page.html", "page.css", "page.js", "parts.js", "answer.js", "instances.js"):
        text = (Path(__file__).parents[2] / "tg_assets/model_performance/page" / file).read_text()
        assert set(re.findall(r"https?://[^\s\"']+", text)) <= {"http://www.w3.org/2000/svg"}
        assert "innerHTML" not in text


def test_only_a_request_that_says_so_buys_and_never_more_than_its_budget(
    simulated_url: str,
) -> None:
    query = {"kind": "top-k", "model": "A", "by": ["generator"], "budget": 9}
    query["plans"] = {"at_most": 40}
    _, answer = post(f"{simulated_url}/answer", {"query": query})
    assert (answer["spent"], answer["found"]) == (0, [])
    _, answer = post(f"{simulated_url}/answer", {"query": query, "buy": True})
    assert answer["spent"] == 9
    assert "--budget 9" in answer["command"]


def test_a_known_table_is_never_added_to(url: str) -> None:
    _, answer = post(f"{url}/answer", {"query": {**WORST, "budget": 50}, "buy": True})
    assert answer["spent"] == answer["query"]["budget"] == 0
    assert "--budget" not in answer["command"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or missing("chromium is not installed")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(url: str, browser: Any) -> Iterator[Any]:
    """The page as someone has just opened it; it may raise nothing and load nothing from afar."""
    opened = browser.new_page(viewport={"width": 1200, "height": 900})
    opened.set_default_timeout(60_000)
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda one: None if one.url.startswith(url) else wrong.append(one.url))
    opened.goto(url)
    opened.wait_for_selector("#ask:enabled")
    opened.select_option("#model", BAD)
    opened.check("#by input[value=generator]")
    yield opened
    assert wrong == []
    assert opened.title() == "What models can and cannot do"
    opened.close()


def ask(page: Any) -> list[str]:
    """Press the button and return what each row says."""
    page.click("#ask")
    page.wait_for_selector("#ask:enabled")
    assert page.locator("#wrong").is_hidden(), page.locator("#wrong").text_content()
    return list(page.locator("button.unit").all_text_contents())


def test_the_worst_and_the_instances_behind_them(page: Any) -> None:
    rows = ask(page)
    assert len(rows) == 4
    assert rows[0].startswith("how-many-2d0.00, from 0.00 to 0.")
    assert "12 of 12 plans evaluated" in rows[0]
    page.locator("button.unit").first.click()
    page.wait_for_selector(".card")
    assert page.locator(".card").count() == TASKS
    picture = page.locator(".strip img").first
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 160
    page.select_option("#verdict", "right")
    page.wait_for_selector(f"text={BAD} was right on none of them")


def test_what_a_model_says_stays_text(page: Any) -> None:
    ask(page)
    page.locator("button.unit").first.click()
    page.wait_for_selector(".card")
    page.locator(".card summary").first.click()
    hostile = page.locator("blockquote", has_text="<script>").first
    assert hostile.text_content() == HOSTILE
    assert hostile.locator("*").count() == 0


def test_a_threshold_and_what_was_taken_for_what(page: Any) -> None:
    page.select_option("#kind", "threshold")
    page.fill("#threshold", "0.5")
    assert len(ask(page)) == 3
    page.locator("button.unit").first.click()
    page.wait_for_selector("text=What it took for what")


def test_a_comparison_from_minus_one_to_one(page: Any) -> None:
    page.select_option("#kind", "compare")
    page.click("#ask")
    assert "at least one other model" in page.locator("#wrong").text_content()
    page.check(f"#others input[value={GOOD}]")
    page.select_option("#finding", "worse")
    rows = ask(page)
    assert len(rows) == 4
    assert rows[0].startswith("how-many-2d-1.00")
    assert page.locator(".axis text").all_text_contents() == ["-1", "-0.5", "0", "0.5", "1"]


def test_what_is_unusually_bad_with_its_patterns(page: Any) -> None:
    page.select_option("#kind", "debug")
    page.uncheck("#by input[value=generator]")
    ask(page)
    assert "no share is below 0" in page.locator("#answer").text_content()
    page.select_option("#bad", "threshold")
    assert ask(page)
    pattern = page.locator("td button").first
    label = pattern.text_content()
    pattern.click()
    page.wait_for_selector(".card")
    assert page.locator("#instances h2").text_content().startswith(f"{label}: ")


def test_wrong_input_is_said_where_one_looks(page: Any) -> None:
    page.click("#add-filter")
    page.select_option("#filters select", "generator")
    page.click("#ask")
    assert "The filter on generator has no value" in page.locator("#wrong").text_content()
    page.fill("#filters input", "how-many")
    page.click("#ask")
    page.wait_for_selector("text=no plan has generator 'how-many'; there are how-many-2d")
    page.click("[aria-label='Remove this filter']")
    page.fill("#k", "")
    page.click("#ask")
    assert "“How many” is to be a whole number" in page.locator("#wrong").text_content()
    page.fill("#k", "3")
    page.select_option("#model", SHY)
    page.click("#ask")
    page.wait_for_selector("text=of shy no reply named an option")


def test_long_names_fit_a_small_screen(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    ask(page)
    page.locator("button.unit").first.click()
    page.wait_for_selector(".card")
    too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(too_wide) == 0
