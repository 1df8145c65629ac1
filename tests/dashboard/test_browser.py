"""The page in a real Chromium: what stands on the screen, and what the keyboard does, against the journal."""

from __future__ import annotations

import json
import os
import time
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from chromium import Browser, find_chromium

from bayesian_verifier.journal import Journal
from dashboard.pages import TOKEN, lines_of, of_kind, served
from dashboard.test_following import judge

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = find_chromium()
if CHROMIUM is None:
    pytest.skip(
        "no Chromium here: the page was not tried in a browser (apt-get install chromium)",
        allow_module_level=True,
    )


@pytest.fixture(scope="module")
def browser():
    with Browser(CHROMIUM, width=1280, height=900) as browser:
        browser.prefer(prefers_reduced_motion="reduce")
        yield browser


def goes(browser, page, address, view):
    """Open an address in a fresh page and wait for its view."""
    browser.open("about:blank")
    browser.complaints.clear()
    browser.open(f"{page.url}/dashboard/{address}")
    browser.wait(f"document.getElementById('main')?.dataset.view === '{view}'")


def texts(browser, selector):
    return browser.evaluate(f"[...document.querySelectorAll({json.dumps(selector)})].map(e => e.textContent)")


def two(value):
    """As a browser writes it: to two digits, halves away from zero, with a wide minus."""
    return str(Decimal(repr(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)).replace("-", "−")


def test_people_on_the_screen_are_those_of_the_journal(browser, page, example_files):
    goes(browser, page, "#/people?order=name", "people")
    last, counts = {}, {}
    for one in of_kind(lines_of(example_files), "judgment"):
        last[one["subject"]] = one["posterior"]
        counts[one["subject"]] = counts.get(one["subject"], 0) + 1
    names = sorted(last, key=str.lower)
    assert texts(browser, "main tbody td:nth-child(1)") == names
    shown = [f"{two(last[one]['mean'])} ± {two(last[one]['sd'])}" for one in names]
    assert texts(browser, "main tbody td:nth-child(2)") == shown
    assert texts(browser, "main tbody td:nth-child(4)") == [str(counts[one]) for one in names]
    assert browser.complaints == []


def test_a_persons_view_shows_their_last_belief_and_their_windows(browser, page, example_files):
    (one, *_) = page.get("people?order=judgments")["people"]
    goes(browser, page, f"#/person/{one['key']}", "person")
    assert texts(browser, "h1") == [one["subject"]]
    mine = [
        line for line in of_kind(lines_of(example_files), "judgment") if line["subject"] == one["subject"]
    ]
    last = mine[-1]["posterior"]
    assert texts(browser, "#fact-belief .value") == [f"{two(last['mean'])} ± {two(last['sd'])}"]
    assert f"{len(mine)} judgments" in texts(browser, ".page-head .lead")[0]
    assert len(texts(browser, "main tbody tr")) == min(20, len(mine))
    assert browser.evaluate("document.querySelectorAll('.plot canvas').length") == 4
    assert browser.complaints == []


def test_the_populations_shares_are_the_journals(browser, page, example_files):
    goes(browser, page, "#/population", "population")
    judgments = of_kind(lines_of(example_files), "judgment")
    share = 100 * sum(one["source"] != "verifier" for one in judgments) / len(judgments)
    assert texts(browser, "#fact-judgments .value") == [f"{len(judgments):,}"]
    assert texts(browser, "#fact-fallback .value") == [f"{share:.1f}%" if share < 10 else f"{share:.0f}%"]
    assert browser.complaints == []


def test_operations_and_ledger_are_drawn_without_a_complaint(browser, page, example_files):
    goes(browser, page, "#/operations", "operations")
    current = (example_files / "models" / "bayesian-verifier" / "current").read_text().strip()
    assert (
        browser.evaluate("document.querySelector('.pill.good').parentElement.querySelector('b').textContent")
        == current
    )
    goes(browser, page, "#/ledger?kind=alarm", "ledger")
    assert (
        len(texts(browser, "main tbody tr")) == len(of_kind(lines_of(example_files, "ledger"), "alarm")) or 1
    )
    assert browser.complaints == []


def test_what_is_journalled_meanwhile_appears_by_itself(browser, own_files):
    with served(own_files) as page:
        page.read()
        goes(browser, page, "#/people?find=newcomer", "people")
        assert "holds “newcomer”" in texts(browser, "main tbody")[0]
        with Journal(own_files / "judgments.jsonl") as journal:
            judge(journal, "the newcomer", 1.25)
            browser.wait("document.querySelector('main tbody').textContent.includes('1.25 ± 0.20')")
            # the first may have come with the first look
            for mean in (0.75, -0.25):
                judge(journal, "the newcomer", mean)
                browser.wait(
                    f"document.querySelector('main tbody').textContent.includes('{two(mean)} ± 0.20')"
                )
        assert texts(browser, "main tbody td:first-child") == ["the newcomer"]
        assert browser.complaints == []


def test_a_name_that_is_markup_stays_text(browser, tmp_path):
    name = '<script>document.title = "gone"</script><img src=x onerror="document.title=1">'
    with served(tmp_path) as page, Journal(tmp_path / "judgments.jsonl") as journal:
        judge(journal, name)
        page.until(lambda state: state["judgments"] == 1)
        goes(browser, page, "#/people", "people")
        browser.wait("document.querySelectorAll('main tbody a').length === 1")
        assert texts(browser, "main tbody a") == [name]
        browser.evaluate("document.querySelector('main tbody a').click()")
        browser.wait("document.getElementById('main').dataset.view === 'person'")
        assert texts(browser, "h1") == [name]
        assert browser.evaluate("document.querySelectorAll('main script, main img').length") == 0
        assert browser.evaluate("document.title").startswith(name)
        assert "script" not in browser.evaluate("location.href")
        assert browser.complaints == []


def test_the_token_opens_the_page_and_the_button_approves(browser, own_page, own_files):
    goes(browser, own_page, "#/operations", "locked")
    browser.wait("document.activeElement.id === 'token'")
    browser.type("not-the-right-token")
    browser.press("Enter", code=13, text="\r")
    browser.wait("document.querySelector('[role=alert]')?.textContent.includes('refused')")
    browser.complaints.clear()  # browsers tell each 401
    browser.wait("document.activeElement.id === 'token'")
    browser.type(TOKEN)
    browser.press("Enter", code=13, text="\r")
    browser.wait("document.querySelectorAll('.decision form').length === 1")
    browser.evaluate("document.querySelector('.decision input[name=by]').focus()")
    browser.type("Maria")
    browser.evaluate("document.querySelector('.decision button[value=approve]').focus()")
    browser.press("Enter", code=13, text="\r")
    browser.wait("document.querySelectorAll('.decision').length === 0")
    line, promotion = lines_of(own_files, "ledger")[-2:]
    assert (line["kind"], line["by"]) == ("approved", "Maria")
    assert promotion["kind"] == "promotion"
    browser.wait("document.querySelector('main').textContent.includes('Maria')")
    browser.evaluate("sessionStorage.clear()")
    assert browser.complaints == []


def test_the_keyboard_reaches_everything(browser, page):
    goes(browser, page, f"#/person/{page.get('people')['people'][0]['key']}", "person")
    browser.wait("document.querySelectorAll('.plot canvas').length === 4")
    wanted = "[...document.querySelectorAll('a[href], button, input, select, summary, .plot')]"
    wanted += ".filter(e => e.checkVisibility())"
    browser.evaluate(
        "window.reached = new Set(); document.addEventListener('focusin', e => window.reached.add(e.target))"
    )
    browser.evaluate("document.activeElement.blur(); document.body.focus()")
    missed = ["everything"]
    for _ in range(3):  # rounds: on a busy machine some of the page appears while the keys are pressed
        for _ in range(browser.evaluate(f"{wanted}.length") + 30):
            browser.press("Tab", code=9)
        missed = browser.evaluate(f"{wanted}.filter(e => !window.reached.has(e)).map(e => e.outerHTML)")
        if not missed:
            break
    assert missed == []
    assert browser.complaints == []


def test_arrow_keys_read_a_chart_out(browser, page):
    (one, *_) = page.get("people?order=judgments")["people"]
    points = page.get(f"people/{one['key']}")["points"]
    goes(browser, page, f"#/person/{one['key']}", "person")
    browser.wait("document.querySelectorAll('.plot canvas').length === 4")
    browser.evaluate("document.querySelector('.plot').focus()")
    browser.press("Home", code=36)
    browser.press("ArrowRight", code=39)
    said = browser.evaluate("document.querySelector('.plot').getAttribute('aria-valuetext')")
    assert f"r {two(points['mean'][1])} ± {two(points['sd'][1])}" in said
    browser.press("+", code=187, text="+")
    browser.wait("location.hash.includes('from=')")
    browser.evaluate("document.querySelector('.plot').focus()")
    browser.press("0", code=48, text="0")
    browser.wait("!location.hash.includes('from=')")


def test_a_range_in_the_address_is_the_range_that_is_shown(browser, page):
    last = page.get("state")["last"]
    goes(browser, page, "#/population?last=7d", "population")
    expected = page.get(f"population?from={last - 7 * 86_400_000}")["judgments"]
    browser.wait(f"document.querySelector('#fact-judgments .value').textContent === '{expected:,}'")
    assert texts(browser, ".ranges a[aria-current]") == ["7 days"]


def test_on_a_phone_nothing_is_wider_than_the_screen(browser, page):
    browser.resize(390, 844, mobile=True)
    try:
        key = page.get("people")["people"][0]["key"]
        for view, address in (
            ("people", ""),
            ("person", f"/{key}"),
            ("population", ""),
            ("operations", ""),
            ("ledger", ""),
        ):
            goes(browser, page, f"#/{view}{address}", view)
            assert browser.evaluate("document.documentElement.scrollWidth") == 390, view
    finally:
        browser.resize(1280, 900)


def test_dark_and_light_are_both_drawn_with_enough_contrast(browser, page):
    for scheme in ("light", "dark"):
        browser.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
        goes(browser, page, "#/people", "people")
        ratios = browser.evaluate(CONTRASTS)
        assert min(ratios.values()) >= 4.5, (scheme, ratios)
    browser.prefer(prefers_color_scheme="light", prefers_reduced_motion="reduce")


# of the colours that text is written in, against the card it stands on (WCAG 2.2, 1.4.3)
CONTRASTS = """(() => {
  const of = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const light = (hex) => [1, 3, 5].map((i) => linear(parseInt(hex.slice(i, i + 2), 16) / 255))
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const found = {};
  for (const name of ["--ink", "--soft", "--verifier", "--controller", "--good", "--bad", "--warn", "--epoch"]) {
    const both = [light(of(name)), light(of("--card"))].sort((a, b) => b - a);
    found[name] = (both[0] + 0.05) / (both[1] + 0.05);
  }
  return found;
})()"""


def test_empty_and_broken_states_say_what_to_do(browser, tmp_path):
    with served(tmp_path) as page:
        goes(browser, page, "#/people", "empty")
        assert "No journal yet" in texts(browser, "main")[0]
        goes(browser, page, "#/ledger", "empty")
        assert "drift watch" in texts(browser, "main")[0]
        file = tmp_path / "judgments.jsonl"
        with Journal(file) as journal:
            judge(journal, "ada")
            for _ in range(3):
                judge(journal, "ada", source="controller", reason="unreachable")
        file.write_bytes(file.read_bytes() + b'{"v":1,"torn"}\n')
        goes(browser, page, "#/people", "people")
        browser.wait("document.getElementById('notices').textContent.includes('1 damaged line.')")
        notices = texts(browser, "#notices")[0]
        assert "journal verify" in notices
        assert "The service does not answer." in notices
        assert browser.complaints == []
    browser.wait("document.getElementById('notices').textContent.includes('server of this page is away')")


def test_a_picture_of_the_page_is_kept(browser, page):
    goes(browser, page, "#/population", "population")
    browser.wait("document.querySelectorAll('.plot canvas').length >= 8")
    directory = Path(os.environ.get("BUILD_DIRECTORY", ROOT / "build"))
    directory.mkdir(exist_ok=True)
    picture = directory / "dashboard.png"
    browser.picture(picture)
    assert picture.stat().st_size > 50_000
    assert browser.evaluate(PAINTED)


# a canvas that nothing was painted on is empty
PAINTED = """[...document.querySelectorAll('.plot canvas')].every((canvas) =>
  new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer).some(Boolean))"""


def test_a_browser_that_leaves_and_comes_back_is_still_told(browser, own_files):
    """Streams of pages that were left would use up the six connections that a browser keeps to a server."""
    with served(own_files) as page:
        page.read()
        for _ in range(8):
            goes(browser, page, "#/people?find=late", "people")
        deadline = time.monotonic() + 60
        while page.dashboard._reader._watchers > 1:
            assert time.monotonic() < deadline, page.dashboard._reader._watchers
            time.sleep(0.1)
        browser.evaluate("dispatchEvent(new Event('pagehide')); dispatchEvent(new Event('pagehide'))")
        with Journal(own_files / "judgments.jsonl") as journal:
            judge(journal, "too late", 0.75)
        browser.evaluate("dispatchEvent(new Event('pageshow'))")
        browser.wait("document.querySelector('main tbody').textContent.includes('too late')")
        assert browser.complaints == []
