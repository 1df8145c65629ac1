"""What was judged, and what came of it: an append-only log that many processes share."""

from bayesian_verifier.journal._answers import check_answer
from bayesian_verifier.journal._audit import Audit, Finding, audit
from bayesian_verifier.journal._codec import DamagedLineError
from bayesian_verifier.journal._committing import Fsync, NotDurableError
from bayesian_verifier.journal._evidence import MOST_ANSWERED, History, Trusted
from bayesian_verifier.journal._journal import Journal
from bayesian_verifier.journal._lines import (
    FeedbackLine,
    JudgmentLine,
    Line,
    OtherLine,
    RecordedPosterior,
    SegmentLine,
    Tried,
    journal_schema,
    parse_line,
)
from bayesian_verifier.journal._marks import EVIDENCE_FIELDS, mark_after, marks_of
from bayesian_verifier.journal._reading import Damaged, Numbered, read_log
from bayesian_verifier.journal._segments import Summary, segments, summary_of
from bayesian_verifier.journal._tailing import tail

__all__ = [
    "EVIDENCE_FIELDS",
    "MOST_ANSWERED",
    "Audit",
    "Damaged",
    "DamagedLineError",
    "FeedbackLine",
    "Finding",
    "Fsync",
    "History",
    "Journal",
    "JudgmentLine",
    "Line",
    "NotDurableError",
    "Numbered",
    "OtherLine",
    "RecordedPosterior",
    "SegmentLine",
    "Summary",
    "Tried",
    "Trusted",
    "audit",
    "check_answer",
    "journal_schema",
    "mark_after",
    "marks_of",
    "parse_line",
    "read_log",
    "segments",
    "summary_of",
    "tail",
]
