"""The blocks of docs/simulators.md."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "simulators.md"


def python_block(holding: str) -> str:
    """The one block of Python that holds these words."""
    found = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    [block] = [one for one in found if holding in one]
    return block
