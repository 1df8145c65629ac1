"""What does the dashboard look like? A picture of each view, of the example journal, for docs/images.

    python scripts/screenshots.py [--into docs/images] [--days 60] [--seed 7]

Needs Chromium, and the extra [dashboard]. The people are those of example_journal.py; the clock is that of now.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from chromium import Browser, find_chromium
from example_journal import Example
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "a-token-for-pictures"  # noqa: S105 it guards simulated people
COLOURS = 256  # of a palette that is small and still smooth


class Shot(NamedTuple):
    """A picture: its name, an address, the view to wait for, and how much of it, in CSS pixels."""

    name: str
    address: str
    view: str
    height: int
    width: int = 1280
    scheme: str = "light"
    scale: float = 1.5


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """The address of a dashboard of the files there."""
    (directory / "token").write_text(TOKEN)
    program = [
        sys.executable,
        "-c",
        "from bayesian_verifier.cli import main; main()",
        "dashboard",
        "--port",
        "0",
    ]
    files = [
        "--journal",
        directory / "judgments.jsonl",
        "--models",
        directory / "models",
        "--token-file",
        directory / "token",
    ]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    process = subprocess.Popen([*program, *map(str, files)], stdout=subprocess.PIPE, text=True, env=environ)
    try:
        line = process.stdout.readline() if process.stdout is not None else ""
        yield line.strip().rpartition(" ")[2]
    finally:
        process.terminate()
        process.communicate()


def asked(url: str, path: str) -> dict[str, object]:
    """A document of the page's data."""
    request = urllib.request.Request(f"{url}api/{path}", headers={"Authorization": f"Bearer {TOKEN}"})  # noqa: S310 ours
    with urllib.request.urlopen(request) as reply:  # noqa: S310 ours
        found: dict[str, object] = json.load(reply)
    return found


def caught_up(url: str) -> object:
    """The version of the page's data once all files are read and every window is heard."""
    while True:
        # one document: of two, the first may be from before the reading and the second from after it
        state = asked(url, "state")
        if not state["reading"] and not state["waiting"]:
            return state["version"]
        time.sleep(0.05)


def differing(points: dict[str, list[object]]) -> object:
    """The id of the last decision that the policy would make otherwise, else of the last."""
    pairs = zip(points["id"], points["choice"], points["would_choose"], strict=True)
    return next((one for one, was, now in reversed(list(pairs)) if was != now), points["id"][-1])


def shots(url: str) -> list[Shot]:
    """All of them; the person is the one whose change is clearest."""
    people = asked(url, "people?limit=40")["people"]
    key = people[0]["key"]  # type: ignore[index]
    by_policy = next(one["key"] for one in people if asked(url, f"people/{one['key']}")["by_policy"])  # type: ignore[attr-defined]
    tried = f"{by_policy}?theta=1.4"
    at = differing(asked(url, f"policy/{tried}")["points"])  # type: ignore[arg-type]
    return [
        Shot("dashboard_people", "#/people", "people", 860),
        Shot("dashboard_person", f"#/person/{key}", "person", 1190),
        Shot("dashboard_person_dark", f"#/person/{key}", "person", 1190, scheme="dark"),
        Shot("dashboard_policy", f"#/policy/{tried}&at={at}", "policy", 1960),
        Shot("dashboard_population", "#/population", "population", 2440),
        Shot("dashboard_operations", "#/operations", "operations", 1420),
        Shot("dashboard_ledger", "#/ledger", "ledger", 900),
        Shot("dashboard_phone", f"#/person/{key}", "person", 1180, width=390, scale=2.0),
    ]


def take(browser: Browser, url: str, shot: Shot, into: Path, version: object) -> None:
    """One picture, as a PNG of few colours, of what the page shows of a version of its data."""
    browser.prefer(prefers_color_scheme=shot.scheme, prefers_reduced_motion="reduce")
    browser.resize(shot.width, shot.height, shot.scale, mobile=shot.width < 500)  # noqa: PLR2004 a phone
    browser.open("about:blank")
    browser.open(url + shot.address)
    browser.wait(f"document.getElementById('main')?.dataset.view === '{shot.view}'")
    browser.wait("document.getElementById('live').textContent === 'live'")
    browser.wait(f"document.getElementById('main').dataset.version === '{version}'")
    browser.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame)).then(() => true)")
    raw = into / f"{shot.name}.png"
    browser.picture(raw, whole=False)
    with Image.open(BytesIO(raw.read_bytes())) as picture:
        # so that a line in a colour of its own keeps it, however thin it is
        few = picture.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(raw, optimize=True)
    print(f"{raw}: {raw.stat().st_size / 1024:.0f} kB")


def main() -> int:
    """Read the command line and take them all; 1 where the page complains."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--into", type=Path, default=Path(__file__).resolve().parent.parent / "docs" / "images"
    )
    parser.add_argument("--days", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    program = find_chromium()
    if program is None:
        parser.error("no Chromium here: apt-get install chromium")
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        Example(directory, days=arguments.days, seed=arguments.seed, ends=datetime.now(UTC)).write()
        with served(directory) as url, Browser(program) as browser:
            browser.open(url)
            browser.wait("document.activeElement?.id === 'token'")
            browser.evaluate(f"sessionStorage.setItem('bv-token', '{TOKEN}')")
            version = caught_up(url)
            for shot in shots(url):
                take(browser, url, shot, arguments.into, version)
            for complaint in browser.complaints:
                print(f"the page complains: {complaint}", file=sys.stderr)
            return 1 if browser.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
