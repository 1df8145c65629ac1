"""What holds for every test? How long an example of Hypothesis takes is the machine's affair, no property of ours."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")
