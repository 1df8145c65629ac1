"""What was judged, and what came of it: an append-only log that many processes share."""

from bayesian_verifier.journal._answers import check_answer
from bayesian_verifier.journal._audit import Audit, Finding, audit
from bayesian_verifier.journal._codec import DamagedLineError
from bayesian_verifier.journal._committing import Fsync, NotDurableError
from bayesian_verifier.journal._evidence import MOST_ANSWERED, History, Trusted, as_evidence
from bayesian_verifier.journal._exporting import Exported, export
from bayesian_verifier.journal._forgetting import Forgotten, forget
from bayesian_verifier.journal._import_lines import BadLine
from bayesian_verifier.journal._import_map import ImportMap, read_map
from bayesian_verifier.journal._importing import Imported, import_file
from bayesian_verifier.journal._journal import Journal
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
from bayesian_verifier.journal._merging import Taken, Union, merge
from bayesian_verifier.journal._news import New, News
from bayesian_verifier.journal._reading import Damaged, Numbered, read_log
from bayesian_verifier.journal._sealed_news import Sealed, SealedNews
from bayesian_verifier.journal._segments import Summary, segments, summary_of
from bayesian_verifier.journal._tailing import tail

__all__ = [
    "EVIDENCE_FIELDS",
    "MOST_ANSWERED",
    "Audit",
    "BadLine",
    "Damaged",
    "DamagedLineError",
    "Exported",
    "FeedbackLine",
    "Finding",
    "Forgotten",
    "Fsync",
    "History",
    "ImportMap",
    "Imported",
    "Journal",
    "JudgmentLine",
    "Line",
    "New",
    "News",
    "NotDurableError",
    "Numbered",
    "OtherLine",
    "RecordedPosterior",
    "Sealed",
    "SealedNews",
    "SegmentLine",
    "Summary",
    "Taken",
    "Tried",
    "Trusted",
    "Union",
    "WindowLine",
    "as_evidence",
    "audit",
    "check_answer",
    "export",
    "forget",
    "import_file",
    "journal_schema",
    "mark_after",
    "marks_of",
    "merge",
    "parse_line",
    "read_log",
    "read_map",
    "seconds_since_epoch",
    "segments",
    "summary_of",
    "tail",
]
