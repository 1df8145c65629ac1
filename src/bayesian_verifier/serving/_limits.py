"""How much does one request hold at most?"""

from __future__ import annotations

MAX_BODY_BYTES = 8 * 1024 * 1024
MAX_JUDGMENTS = 512
MAX_BODIES = 64
MAX_DRAWS = 4096
MAX_SEED = 2**53 - 1
MAX_STATE_CHARACTERS = 32 * 1024
#: requests on one connection ahead of their answers
MAX_PIPELINED = 64
