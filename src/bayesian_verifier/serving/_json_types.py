"""What is a JSON value called in an error message?"""

from __future__ import annotations

NAMES = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}


def json_type(value: object) -> str:
    """`a list`, `null`, …"""
    return NAMES.get(type(value), "a number")
