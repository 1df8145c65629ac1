"""Does each promise have a test that can fail? Breaks it on purpose, in a copy, and looks whether its tests go red.

    python scripts/mutate_promises.py            all of tests/chaos/mutations.toml
    python scripts/mutate_promises.py P1 P10     those of some promises
    python scripts/mutate_promises.py --list     what would be tried

Exit code 1 if a test stayed green, or was red before anything was broken.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "tests" / "chaos" / "mutations.toml"
GREEN, RED = 0, 1  # exit codes of pytest: all passed, some failed
LIMIT = 600  # seconds for the tests of one mutation; one that hangs is caught by pytest's own limit before


class Mutation(NamedTuple):
    """One change that breaks a promise, and the tests of which each must notice."""

    promise: str
    what: str
    file: str
    old: str
    new: str
    tests: list[str]


def mutations(promises: list[str]) -> list[Mutation]:
    """The table, or what it has on some promises."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))["mutation"]
    return [one for one in (Mutation(**row) for row in table) if not promises or one.promise in promises]


def copy_of_the_tree(target: Path) -> Path:
    """The files that git knows or would take, as they are now; compiled functions are shared."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, names):
        source = ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / name)
    (ROOT / ".jax_cache").mkdir(exist_ok=True)
    (target / ".jax_cache").symlink_to(ROOT / ".jax_cache")
    return target


def run(tree: Path, tests: list[str]) -> tuple[int, str]:
    """What pytest ends with on some tests of a tree, and the last it says."""
    environ = os.environ | {"PYTHONPATH": str(tree / "src")}
    options = ["-q", "-x", "-p", "no:cacheprovider", "--timeout", "90"]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    process = subprocess.run(
        command, cwd=tree, env=environ, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    return process.returncode, "\n".join(process.stdout.splitlines()[-8:])


def applied(tree: Path, mutation: Mutation) -> str:
    """Break a promise; the text of the file before. Raises ValueError if the old text is not there, once."""
    path = tree / mutation.file
    before = path.read_text(encoding="utf-8")
    if before.count(mutation.old) != 1:
        raise ValueError(
            f"{mutation.file}: expected once, found {before.count(mutation.old)} times: {mutation.old}"
        )
    path.write_text(before.replace(mutation.old, mutation.new), encoding="utf-8")
    return before


def survivors(tree: Path, mutation: Mutation) -> list[str]:
    """The tests that stay green though the promise is broken."""
    before = applied(tree, mutation)
    try:
        return [test for test in mutation.tests if run(tree, [test])[0] != RED]
    finally:
        (tree / mutation.file).write_text(before, encoding="utf-8")


def main() -> int:
    """Try them; 1 if any test stayed green."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("promises", nargs="*", help="such as P1")
    parser.add_argument("--list", action="store_true", help="say what would be tried, and end")
    options = parser.parse_args()
    chosen = mutations(options.promises)
    if options.list:
        for one in chosen:
            print(f"{one.promise:4} {one.what} ({one.file})")
        return 0
    failed = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as directory:
        tree = copy_of_the_tree(Path(directory))
        tests = sorted({test for one in chosen for test in one.tests})
        print(f"{len(tests)} tests before anything is broken …", flush=True)
        code, said = run(tree, tests)
        if code != GREEN:
            print(f"they are not all green, so nothing can be learned from their going red:\n{said}")
            return 1
        for one in chosen:
            green = survivors(tree, one)
            failed += bool(green)
            said = "red" if not green else f"STAYED GREEN: {', '.join(green)}"
            print(f"{one.promise:4} {one.what}: {said}", flush=True)
    print(f"{len(chosen) - failed} of {len(chosen)} mutants were noticed by each of their tests")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
