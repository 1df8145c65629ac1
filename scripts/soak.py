"""Do the promises hold through minutes of storm? Makes one, checks what it left, and writes a page about it.

    python scripts/soak.py --seconds 600 --seed 7

Exit code 1 if any promise broke. Everything that was written down stays in runs/soak/.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from chaos.checker import check  # noqa: E402 the suite is no package that is installed
from chaos.evidence import evidence_in  # noqa: E402
from chaos.plans import long_plan  # noqa: E402
from chaos.report import figures, page  # noqa: E402
from chaos.storm import Storm  # noqa: E402

RUNS = ROOT / "runs" / "soak"


def asked() -> argparse.Namespace:
    """How long, and which storm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=None, help="of the storm; by default a new one")
    parser.add_argument("--callers", type=int, default=4, help="processes that call")
    parser.add_argument("--writers", type=int, default=3, help="processes that append and are killed")
    return parser.parse_args()


def progress_to(seconds: float, evidence: Path) -> object:
    """A line that says how far it is and how much there is to examine."""

    def show(now: float) -> None:
        size = sum(file.stat().st_size for file in evidence.glob("*.jsonl")) / 1e6
        text = f"storm: {now:4.0f} of {seconds:.0f} s, {size:.0f} MB of evidence"
        end = "" if sys.stderr.isatty() else "\n"
        if sys.stderr.isatty() or int(now) % 15 == 0:
            print(f"\r{text}" if sys.stderr.isatty() else text, end=end, file=sys.stderr, flush=True)

    return show


def main() -> int:
    """Make a storm and say what held; 1 if anything did not."""
    options = asked()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    evidence = RUNS / "evidence"
    shutil.rmtree(evidence, ignore_errors=True)
    evidence.mkdir(parents=True)
    print(f"a storm of {options.seconds:.0f} s, seed {seed}", file=sys.stderr)
    began = time.time()
    storm = Storm(
        long_plan(seed, options.seconds),
        evidence,
        ROOT / ".jax_cache",
        callers=options.callers,
        writers=options.writers,
    )
    storm.run(options.seconds, progress_to(options.seconds, evidence))
    left = evidence_in(evidence)
    verdicts = check(left)
    about = {
        "seed": seed,
        "seconds": round(time.time() - began, 1),
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began)),
        "cores": os.cpu_count(),
        "load average": round(os.getloadavg()[0], 1),
    }
    found = figures(left, verdicts)
    (RUNS / "report.json").write_text(json.dumps(about | found, indent=1) + "\n")
    text = page(about, found, verdicts)
    (RUNS / "report.md").write_text(text)
    print(text)
    print(f"written to {RUNS.relative_to(ROOT)}/report.md and report.json", file=sys.stderr)
    return int(found["promises_broken"] > 0)


if __name__ == "__main__":
    sys.exit(main())
