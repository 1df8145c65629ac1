"""The example journal, as a script makes it, and the page of a copy of it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from example_journal import Example

from dashboard.pages import TOKEN, served


@pytest.fixture(scope="session")
def example_files(tmp_path_factory):
    """Sixteen days of forty people; nobody writes to these files."""
    directory = tmp_path_factory.mktemp("example")
    # at the same hour each day, so that everything but the date is the same each time
    yesterday = datetime.now(UTC) - timedelta(days=1)
    ends = yesterday.replace(hour=18, minute=0, second=0, microsecond=0)
    Example(directory, days=16, seed=7, ends=ends).write()
    return directory


@pytest.fixture(scope="module")
def page(example_files):
    """The page of the example, once everything is read."""
    with served(example_files) as page:
        page.read()
        yield page


@pytest.fixture
def own_files(example_files, tmp_path):
    """A copy of the example that a test may write to."""
    directory = tmp_path / "files"
    shutil.copytree(example_files, directory, ignore=shutil.ignore_patterns("*.lock", "token"))
    return directory


@pytest.fixture
def own_page(own_files):
    """The page of a copy, behind a token."""
    with served(own_files, token=TOKEN) as page:
        page.read()
        yield page
