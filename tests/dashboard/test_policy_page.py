"""The page of a policy's decisions in a real Chromium: what stands there, and what moving a slider does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from chromium import Browser, find_chromium

from dashboard.test_browser import goes, texts

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = find_chromium()
if CHROMIUM is None:
    pytest.skip("no Chromium here: the page was not tried in a browser", allow_module_level=True)


@pytest.fixture(scope="module")
def browser():
    with Browser(CHROMIUM, width=1280, height=900) as browser:
        browser.prefer(prefers_reduced_motion="reduce")
        yield browser


@pytest.fixture(scope="module")
def key(page):
    """Of whoever has the most decisions by a policy."""
    people = page.get("people?limit=200")["people"]
    return max(people, key=lambda one: page.get(f"people/{one['key']}")["by_policy"])["key"]


def moved(browser, name, to):
    """What a hand on a slider does."""
    browser.evaluate(
        f"(() => {{ const s = document.getElementById('{name}'); s.value = {to}; "
        "s.dispatchEvent(new Event('input', {bubbles: true})); return true; })()"
    )


def test_the_page_is_found_from_the_person_and_says_what_the_data_does(browser, page, key) -> None:
    """Three charts, the figures, and the last decision with its options."""
    goes(browser, page, f"#/person/{key}", "person")
    browser.evaluate("document.querySelector('a[data-focus=policy]').click()")
    browser.wait("document.getElementById('main').dataset.view === 'policy'")
    document = page.get(f"policy/{key}")
    assert texts(browser, "h1") == [f"Policy for {document['subject']}"]
    assert texts(browser, "#fact-policy .value") == ["0"]
    assert texts(browser, "#fact-asks .value") == [str(document["differ"]["asked"])]
    assert texts(browser, "#fact-rule .value") == [str(document["differ"]["rule"])]
    assert texts(browser, "#fact-same .value") == ["100%"]
    browser.wait("document.querySelectorAll('.plot canvas').length === 3")
    assert len(texts(browser, "#decision tbody tr")) == len(document["one"]["met"]["options"])
    assert document["one"]["s"] in texts(browser, "#decision .note")[0]
    assert browser.complaints == []


def test_moving_theta_asks_the_policy_again(browser, page, key) -> None:
    """The figures are those of the data at that θ*; the address can be sent to somebody; and back."""
    goes(browser, page, f"#/policy/{key}", "policy")
    moved(browser, "theta", 2.2)
    browser.wait("location.hash.includes('theta=2.2')")
    differ = page.get(f"policy/{key}?theta=2.2")["differ"]
    browser.wait(f"document.querySelector('#fact-rule .value').textContent === '{differ['rule']}'")
    assert texts(browser, "#fact-policy .value") == [str(differ["policy"])]
    assert texts(browser, "output[for=theta]") == ["2.20"]
    moved(browser, "sigma", 1.0)
    browser.wait("location.hash.includes('sigma=1')")
    both = page.get(f"policy/{key}?theta=2.2&sigma=1")["differ"]
    browser.wait(f"document.querySelector('#fact-asks .value').textContent === '{both['asks']}'")
    browser.evaluate("document.getElementById('as-believed').click()")
    browser.wait("!location.hash.includes('theta')")
    browser.wait("document.querySelector('#fact-policy .value').textContent === '0'")
    assert browser.complaints == []


def test_scrubbing_goes_through_a_persons_decisions(browser, page, key) -> None:
    """By the slider, and by its keys; the decision that stands there is the journal's."""
    points = page.get(f"policy/{key}")["points"]
    goes(browser, page, f"#/policy/{key}", "policy")
    moved(browser, "at", 1)
    browser.wait(f"location.hash.includes('{points['id'][1]}')")
    state = page.get(f"policy/{key}?at={points['id'][1]}")["one"]["s"]
    browser.wait(f"document.querySelector('#decision .note').textContent.includes('{state}')")
    browser.evaluate("document.getElementById('at').focus()")
    browser.press("ArrowRight", code=39)
    browser.wait(f"location.hash.includes('{points['id'][2]}')")
    assert browser.evaluate("document.activeElement.id") == "at"
    assert browser.complaints == []


def test_on_a_phone_the_page_is_no_wider_than_the_screen(browser, page, key) -> None:
    """Sliders and all."""
    browser.resize(390, 844, mobile=True)
    try:
        goes(browser, page, f"#/policy/{key}?theta=1.4", "policy")
        assert browser.evaluate("document.documentElement.scrollWidth") == 390
    finally:
        browser.resize(1280, 900)


def test_a_picture_of_the_page_of_a_policy_is_kept(browser, page, key) -> None:
    """With something painted on it."""
    goes(browser, page, f"#/policy/{key}?theta=1.4", "policy")
    browser.wait("document.querySelectorAll('.plot canvas').length === 3")
    directory = Path(os.environ.get("BUILD_DIRECTORY", ROOT / "build"))
    directory.mkdir(exist_ok=True)
    picture = directory / "policy.png"
    browser.picture(picture)
    assert picture.stat().st_size > 40_000
