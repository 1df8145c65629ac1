"""Which pages is the site made of? Lays them out for MkDocs, with a reference of the Python names made from the source.

    python scripts/stage_site.py build && mkdocs build --strict --config-file build/mkdocs.yml

Pages keep the places that they have in the repository, so that each link means the same in both; what they link to
comes along. Standard library only.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "bayesian_verifier"
FIRST = ["README.md", "examples/README.md"]
LAST = ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
_LINK = re.compile(r"(!?\[[^\]]*\]\()([^)#\s]+)((?:#[^)\s]*)?\))")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)

Nav = list[dict[str, object]]


def guide() -> list[str]:
    """The pages of docs/, in the order of the README's table, those that are not in it last."""
    told = re.findall(
        r"\(docs/([\w-]+\.md)\)", (ROOT / "README.md").read_text().partition("\n## Further\n")[2]
    )
    there = sorted(path.name for path in (ROOT / "docs").glob("*.md"))
    return [f"docs/{name}" for name in dict.fromkeys([*told, *there]) if name in there]


def decisions() -> list[str]:
    """The pages of decisions, the oldest first."""
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))


def public_names(module: Path) -> list[str]:
    """What a module lists in its `__all__`; nothing where it has none."""
    for part in ast.parse(module.read_text()).body:
        if isinstance(part, ast.Assign) and any(
            isinstance(to, ast.Name) and to.id == "__all__" for to in part.targets
        ):
            return [str(name) for name in ast.literal_eval(part.value)]
    return []


def modules() -> list[str]:
    """The package and its rooms that offer names, and the modules beside them that do."""
    rooms = [
        PACKAGE / "__init__.py",
        *sorted(PACKAGE.glob("*/__init__.py")),
        *sorted(PACKAGE.glob("[a-z]*.py")),
    ]
    offering = [path for path in rooms if public_names(path)] + [PACKAGE / "errors.py"]
    return sorted(
        {
            ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
            for path in offering
        }
    )


def title(page: str) -> str:
    """The first heading of a page."""
    return (ROOT / page).read_text().partition("\n")[0].removeprefix("# ")


def staged(page: str, into: Path) -> list[str]:
    """Copy a page and the files that it links to, and name the pages. A folder that is linked is its list of pages."""
    source = ROOT / page
    pages: list[str] = []

    def followed(link: re.Match[str]) -> str:
        before, target, after = link.groups()
        named = (source.parent / target).resolve()
        if "://" in target or not named.is_relative_to(ROOT) or not named.exists():
            return link[0]
        if named.is_dir():
            return f"{before}{target.rstrip('/')}/index.md{after}"
        if named.suffix == ".md":
            pages.append(named.relative_to(ROOT).as_posix())
        else:
            place = into / named.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(named, place)
        return link[0]

    text = source.read_text()
    fences = _FENCE.findall(text)
    prose = iter([_LINK.sub(followed, part) for part in _FENCE.split(text)])
    place = into / page
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(next(prose) + "".join(fence + part for fence, part in zip(fences, prose, strict=True)))
    return pages


def lay_out(folder: Path) -> None:
    """Everything below folder/pages, and folder/mkdocs.yml with the order of it."""
    pages = folder / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    listed = [*FIRST, *guide(), *decisions(), *LAST]
    linked = {page for known in listed for page in staged(known, pages)} - set(listed)
    for page in sorted(linked):
        staged(page, pages)
    titles = "".join(f"- [{title(page)}]({Path(page).name})\n" for page in decisions())
    (pages / "docs" / "adr" / "index.md").write_text(
        f"# Decisions\n\nWhat was decided, and what was measured for it.\n\n{titles}"
    )
    (pages / "reference").mkdir()
    for module in modules():
        (pages / "reference" / f"{module}.md").write_text(f"# {module}\n\n::: {module}\n")
    nav: Nav = [
        {"Start": FIRST},
        {"Guide": guide()},
        {"Reference": [{module: f"reference/{module}.md"} for module in modules()]},
        {"Decisions": ["docs/adr/index.md", *decisions()]},
        {"Project": [*LAST, *sorted(linked)]},
    ]
    config = {"INHERIT": str(ROOT / "mkdocs.yml"), "docs_dir": "pages", "site_dir": "site", "nav": nav}
    (folder / "mkdocs.yml").write_text(json.dumps(config, indent=1))  # JSON is YAML


def main() -> None:
    """Lay the pages out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="where; its `pages` are made anew")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    lay_out(folder)


if __name__ == "__main__":
    main()
