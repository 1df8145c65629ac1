"""Which spellings of numbers and of text has JSON never had, or has it to everybody's surprise?

Each body is sent as it stands. What a body means is not said here: whatever it is, it gets no 5xx.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any

SPELLINGS = (
    "NaN", "nan", "NAN", "-NaN", "+NaN", "NaN()", "Infinity", "-Infinity", "+Infinity", "infinity",
    "inf", "-inf", "INF", "1.#INF", "1.#QNAN", "1e999", "-1e999", "1e400", "1e-400", "-0", "-0.0", "0e0",
    "00", "01", ".5", "5.", "+1", "0x10", "1_000", "1,000", "1e", "1e+", "--1", "½", "１", "٣", "∞",
    "null", "undefined", "true", "None", '"NaN"', '"Infinity"', "9" * 400, "-" + "9" * 400,
    "0." + "0" * 400 + "1", "1" + "0" * 308, "1e308", "1.7976931348623159e308", "5e-324",
    "9007199254740993", "18446744073709551616", "1e0000000000000000000000001", "{}", "[]",
)  # fmt: skip

TEXTS = (
    b"",
    b"\\u0000",
    b"\x00",
    b"\\ud800",
    b"\\udc00",
    b"\\udc00\\ud800",
    b"\\ud83d\\ude00",
    b"\xed\xa0\x80",  # a surrogate in UTF-8
    b"\xc0\xaf",  # overlong
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xc0\x80",
    b"\xf4\x90\x80\x80",  # beyond the last code point
    b"\xf8\x88\x80\x80\x80",
    b"\xff\xfe",
    b"\x80",
    b"\xe2\x82",  # cut off
    b"\x1b[31m",
    b"\x7f",
    b"\\u202e\\u2066",
    "\u202eright to left\u202c".encode(),
    "שלום مرحبا".encode(),
    "\ufeff".encode(),
    "\ufffe\uffff".encode(),
    "\u2028\u2029".encode(),
    "e\u0301".encode(),
    unicodedata.normalize("NFC", "e\u0301").encode(),
    "ﬁ①Å".encode(),
    ("a" + "\u0301" * 2000).encode(),
    "👩‍👩‍👧‍👦🏳️‍🌈".encode(),
    "\U0010ffff".encode(),
    b"\\u00",
    b"\\x41",
    b"\\",
    b'\\"',
    b"x" * 100_000,
    b"${jndi:ldap://localhost/a}",
    b"'; DROP TABLE judgments; --",
    b"__proto__",
    b"../../../../etc/passwd",
    b"%s%n%00",
)

GOOD: dict[str, Any] = {
    "judgments": [
        {
            "options": [
                {"outcomes": [{"payoff": 2.0, "probability": 0.5}, {"payoff": 1.6, "probability": 0.5}]},
                {"outcomes": [{"payoff": 3.85, "probability": 0.5}, {"payoff": 0.1, "probability": 0.5}]},
            ],
            "chosen": 0,
            "feedback": "approve",
        }
    ]
}
_TEXT = json.dumps(GOOD).encode()


def with_number(spelling: str) -> list[bytes]:
    """The good body with this spelling wherever a number may stand."""
    number = spelling.encode()
    return [
        _TEXT.replace(b"3.85", number),
        _TEXT.replace(b'"probability": 0.5', b'"probability": ' + number, 1),
        _TEXT.replace(b'"chosen": 0', b'"chosen": ' + number),
        _TEXT.replace(b'"chosen"', b'"wealth": ' + number + b', "chosen"'),
        _TEXT.replace(b'"chosen"', b'"reward": ' + number + b', "chosen"'),
        _TEXT[:-1] + b', "draws": ' + number + b"}",
        _TEXT[:-1] + b', "seed": ' + number + b"}",
        number,
        b"[" + number + b"]",
    ]


def with_text(text: bytes) -> list[bytes]:
    """The good body with this text wherever text may stand, as a name too."""
    quoted = b'"' + text + b'"'
    return [
        _TEXT.replace(b'"approve"', quoted),
        _TEXT.replace(b'"chosen"', b'"id": ' + quoted + b', "chosen"'),
        _TEXT.replace(b'"chosen"', b'"subject": ' + quoted + b', "chosen"'),
        _TEXT.replace(b'"chosen"', quoted + b': 1, "chosen"'),
        _TEXT[:-1] + b', "state": ' + quoted + b"}",
        _TEXT[:-1] + b", " + quoted + b": null}",
        text + _TEXT,
        _TEXT + text,
        quoted,
    ]


def nested(depth: int) -> list[bytes]:
    """Deep lists and deep objects, closed and not, alone and where a value may stand."""
    lists, objects = b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth
    deep = [lists, objects, b"[" * depth, b'{"a":' * depth, b'[{"a":' * depth]
    return [*deep, *(b'{"judgments": ' + one + b"}" for one in deep)]


REPEATED = [
    b'{"judgments": [], "judgments": []}',
    b'{"judgments": [], "judgment\\u0073": []}',
    b'{"judgments": [], "seed": 1, "seed": 2}',
    _TEXT.replace(b'"chosen": 0', b'"chosen": 0, "chosen": 1'),
    _TEXT.replace(b'"payoff": 2.0', b'"payoff": 2.0, "payoff": 2.0', 1),
]

CORPUS: dict[str, bytes] = {
    f"{kind} {number}": body
    for kind, bodies in {
        "number": [body for spelling in SPELLINGS for body in with_number(spelling)],
        "text": [body for text in TEXTS for body in with_text(text)],
        "depth": [body for depth in (10, 128, 1000, 1025, 100_000) for body in nested(depth)],
        "repeated": REPEATED,
        "encoding": [
            _TEXT.decode().encode(name) for name in ("utf-16", "utf-16-le", "utf-32", "utf-7", "cp037")
        ],
    }.items()
    for number, body in enumerate(bodies)
}
