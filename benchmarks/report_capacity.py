"""What do the results on capacity say? The page docs/capacity.md, made from results/capacity.json alone.

python benchmarks/report_capacity.py            writes the page
python benchmarks/report_capacity.py --check    exits with 1 when the page is not what the results say
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from _page_capacity import capacity_page
from _record import read, say

PAGE = Path(__file__).resolve().parents[1] / "docs" / "capacity.md"


def main() -> None:
    """Write, or compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--quick", action="store_true", help="changes nothing here")
    asked = parser.parse_args()
    found = read("capacity")
    if found is None:
        sys.exit("results/capacity.json is missing: run benchmarks/bench_capacity.py")
    page = capacity_page(found)
    if not asked.check:
        PAGE.write_text(page, encoding="utf-8")
        say(f"wrote {PAGE}")
    elif PAGE.read_text(encoding="utf-8") != page:
        sys.exit(f"{PAGE} is not what results/capacity.json says: run benchmarks/report_capacity.py")


if __name__ == "__main__":
    main()
