"""Does a line hold what was written, nothing that is not JSON, and a checksum that tells damage?"""

from __future__ import annotations

import json
import math
import zlib
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journal_samples import judge, lines_of

from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import (
    DamagedLineError,
    Journal,
    OtherLine,
    journal_schema,
    parse_line,
    timestamp,
)

if TYPE_CHECKING:
    from pathlib import Path

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)
_ENVELOPE = {"v", "seq", "id", "ts", "writer", "kind", "crc"}
_FIELDS = st.dictionaries(_TEXT.filter(lambda name: name not in _ENVELOPE), _VALUES, min_size=1, max_size=5)


def crc32_by_its_definition(data: bytes) -> int:
    """CRC-32 as ISO 3309 states it, a bit at a time."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = (remainder >> 1) ^ (0xEDB88320 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


@settings(deadline=None)
@given(fields=_FIELDS, writer=_TEXT.filter(bool))
def test_what_was_written_is_read_back(
    fields: dict[str, Any], writer: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any JSON value survives, as the standard library reads the file and as the journal does."""
    path: Path = tmp_path_factory.mktemp("round") / "j.jsonl"
    with Journal(path, writer=writer, fsync="never") as journal:
        written = journal.append("trace", fields)
    (line,) = lines_of(path)
    assert {name: line[name] for name in fields} == fields
    (entry,) = journal.read()
    assert isinstance(entry.event, OtherLine)  # type: ignore[union-attr]
    assert (entry.event.id, entry.event.writer, entry.event.seq) == (written, writer, 1)
    assert entry.event.model_extra == fields


def test_the_checksum_is_the_crc32_of_the_bytes_before_it(tmp_path: Path) -> None:
    """Computed from the raw bytes by zlib, and by the definition of CRC-32."""
    journal = Journal(tmp_path / "j.jsonl")
    judged = judge(journal)
    journal.append_feedback(judged, "approve", 0.25)
    for line in (tmp_path / "j.jsonl").read_bytes().splitlines():
        body, separator, rest = line.rpartition(b',"crc"')
        assert separator
        stated = json.loads(b"{" + separator[1:] + rest)["crc"]
        assert stated == f"{zlib.crc32(body):08x}" == f"{crc32_by_its_definition(body):08x}"


def test_no_flipped_bit_goes_unnoticed(tmp_path: Path) -> None:
    """A CRC finds every error of one bit; the places that it does not cover have to match exactly."""
    judge(Journal(tmp_path / "j.jsonl"))
    line = (tmp_path / "j.jsonl").read_bytes()[:-1]
    assert parse_line(line)
    for place in range(len(line)):
        for bit in range(8):
            damaged = bytearray(line)
            damaged[place] ^= 1 << bit
            with pytest.raises(DamagedLineError):
                parse_line(bytes(damaged))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_lacks_are_refused(tmp_path: Path, number: float) -> None:
    """NaN and Infinity raise before a byte is written, and use no number up."""
    journal = Journal(tmp_path / "j.jsonl")
    with pytest.raises(CallerError):
        journal.append("trace", {"value": number})
    with pytest.raises(CallerError):
        journal.append("trace", {"value": [1, {"deep": number}]})
    assert not (tmp_path / "j.jsonl").exists()
    journal.append("trace", {"value": 1})
    assert lines_of(tmp_path / "j.jsonl")[0]["seq"] == 1


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_lacks_are_not_read_either(name: str) -> None:
    """A line whose checksum is right and whose number is none is damaged all the same."""
    body = (
        '{"v":1,"seq":1,"id":"a","ts":"2026-11-23T10:00:00.000000Z","writer":"w","kind":"trace","x":' + name
    ).encode()
    with pytest.raises(DamagedLineError, match=name):
        parse_line(body + b',"crc":"%08x"}' % zlib.crc32(body))


@pytest.mark.parametrize(
    "fields",
    [{"x": "\ud800"}, {"\udfff": 1}, {"x": object()}, {"x": {1: [b""]}}, {}, {"seq": 7}, {"crc": "0"}],
)
def test_what_no_line_can_hold_is_refused(tmp_path: Path, fields: dict[str, Any]) -> None:
    """Half a surrogate pair, other types, nothing at all, and the names of the envelope."""
    with pytest.raises(CallerError):
        Journal(tmp_path / "j.jsonl").append("trace", fields)
    assert not (tmp_path / "j.jsonl").exists()


def test_text_that_looks_like_a_line_changes_nothing(tmp_path: Path) -> None:
    """Newlines, quotes, separators of lines and things that look like a checksum stay inside their string."""
    text = 'a\nb\r\n","crc":"00000000"}\u2028\u0085\u0000\x1b[31m'
    journal = Journal(tmp_path / "j.jsonl")
    journal.append("trace", {"text": text, "crc2": {"crc": "00000000"}})
    journal.append("trace", {"text": text})
    assert [line["text"] for line in lines_of(tmp_path / "j.jsonl")] == [text, text]
    assert journal.verify().whole


def test_time_is_written_in_utc_with_microseconds(tmp_path: Path) -> None:
    """RFC 3339; 2000-02-29T23:59:59.999999Z is 951868799.999999 seconds after 1970 began."""
    journal = Journal(tmp_path / "j.jsonl", clock=lambda: 951_868_799_999_999_999)
    journal.append("trace", {"x": 1})
    journal.append("trace", {"x": 1}, at=0)
    assert [line["ts"] for line in lines_of(tmp_path / "j.jsonl")] == [
        "2000-02-29T23:59:59.999999Z",
        "1970-01-01T00:00:00.000000Z",
    ]


def test_every_kind_of_line_satisfies_the_schema(tmp_path: Path) -> None:
    """By an independent validator; and the schema is not so wide as to take anything."""
    journal = Journal(tmp_path / "j.jsonl")
    judged = judge(journal)
    judge(journal, None, chosen=None, verdict="refuted")
    journal.append_feedback(judged, "reject")
    journal.append("policy", {"step": 3})
    epoch = {"subject": "ada", "from": timestamp(0), "window": None, "reason": "asked", "by": "us"}
    opened = journal.append("epoch", epoch)
    journal.append("epoch_undone", {"epoch": opened, "by": "us", "why": None})
    schema = jsonschema.Draft202012Validator(journal_schema())
    schema.check_schema(journal_schema())
    lines = lines_of(tmp_path / "j.jsonl")
    Journal(tmp_path / "j.jsonl", rotate_bytes=1024).append("policy", {"step": 4})
    lines += lines_of(tmp_path / "j.jsonl")
    assert [line["kind"] for line in lines[3:]] == ["policy", "epoch", "epoch_undone", "segment", "policy"]
    for line in lines:
        schema.validate(line)
        for name in line:
            assert not schema.is_valid({other: line[other] for other in line if other != name}) or name in {
                "tried",
                "values",
                "step",
            }
    assert not schema.is_valid(lines[0] | {"chosen": -1})
    assert not schema.is_valid(lines[2] | {"feedback": "maybe"})
    assert not schema.is_valid(lines[4] | {"from": "yesterday"})
    assert not schema.is_valid(lines[4] | {"reason": "a whim"})
    assert not schema.is_valid(lines[5] | {"by": ""})
    assert not schema.is_valid(lines[6] | {"number": 1})


def test_members_that_a_newer_writer_adds_are_kept(tmp_path: Path) -> None:
    """An older reader carries them."""
    journal = Journal(tmp_path / "j.jsonl")
    judge(journal, more={"mood": {"calm": True}})
    (entry,) = journal.read()
    assert entry.event.model_extra == {"mood": {"calm": True}}  # type: ignore[union-attr]
