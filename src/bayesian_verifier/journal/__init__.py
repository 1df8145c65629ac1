"""What was judged, and what came of it: an append-only log that many processes share."""

from bayesian_verifier.journal._audit import Audit, Finding, audit
from bayesian_verifier.journal._codec import DamagedLineError
from bayesian_verifier.journal._committing import Fsync, NotDurableError
from bayesian_verifier.journal._evidence import MOST_ANSWERED, History, Trusted, as_evidence
from bayesian_verifier.journal._journal import Journal, check_answer
from bayesian_verifier.journal._lines import (
    FeedbackLine,
    JudgmentLine,
    Line,
    OtherLine,
    RecordedPosterior,
    SegmentLine,
    Tried,
    WindowLine,
    journal_schema,
    parse_line,
    seconds_since_epoch,
)
from bayesian_verifier.journal._marks import EVIDENCE_FIELDS, mark_after, marks_of
from bayesian_verifier.journal._news import New, News
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
    "New",
    "News",
    "NotDurableError",
    "Numbered",
    "OtherLine",
    "RecordedPosterior",
    "SegmentLine",
    "Summary",
    "Tried",
    "Trusted",
    "WindowLine",
    "as_evidence",
    "audit",
    "check_answer",
    "journal_schema",
    "mark_after",
    "marks_of",
    "parse_line",
    "read_log",
    "seconds_since_epoch",
    "segments",
    "summary_of",
    "tail",
]
