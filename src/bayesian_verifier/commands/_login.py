"""Who runs this, as the ledger has it?"""

from __future__ import annotations

import getpass
import os


def login_name() -> str:
    """The name of the user who runs this process; their number where the machine knows no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"
