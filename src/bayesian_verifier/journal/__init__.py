"""What was judged, and what came of it: an append-only log that many processes share."""

from typing import TYPE_CHECKING

from bayesian_verifier.journal._answers import check_answer
from bayesian_verifier.journal._candidate_line import AnsweredBy, CandidateLine
from bayesian_verifier.journal._codec import DamagedLineError
from bayesian_verifier.journal._committing import Fsync, NotDurableError
from bayesian_verifier.journal._envelope import Line, RecordedPosterior, seconds_since_epoch, timestamp
from bayesian_verifier.journal._epochs import Epoch, Epochs, counts
from bayesian_verifier.journal._evidence import MOST_ANSWERED, History, Trusted, as_evidence
from bayesian_verifier.journal._journal import Journal
from bayesian_verifier.journal._lines import (
    EpochLine,
    EpochUndoneLine,
    FeedbackLine,
    JudgmentLine,
    OtherLine,
    PolicyLine,
    SegmentLine,
    Tried,
    WindowLine,
    journal_schema,
    parse_line,
)
from bayesian_verifier.journal._marks import EVIDENCE_FIELDS, mark_after, marks_of
from bayesian_verifier.journal._news import New, News
from bayesian_verifier.journal._reading import Damaged, Numbered, read_log
from bayesian_verifier.journal._segments import Summary, segments, summary_of
from bayesian_verifier.lazy import deferred

if TYPE_CHECKING:
    from bayesian_verifier.journal._audit import Audit, Finding, audit
    from bayesian_verifier.journal._exporting import Exported, export
    from bayesian_verifier.journal._exposition import Tally
    from bayesian_verifier.journal._forgetting import Forgotten, forget
    from bayesian_verifier.journal._import_lines import BadLine
    from bayesian_verifier.journal._import_map import ImportMap, read_map
    from bayesian_verifier.journal._importing import Imported, import_file
    from bayesian_verifier.journal._ledger_lines import (
        AlarmLine,
        ApprovalAskedLine,
        ApprovedLine,
        ExpiredLine,
        GateLine,
        PopulationLine,
        PromotionLine,
        RejectedLine,
        RollbackLine,
        TrainingEndedLine,
        TrainingStartedLine,
        ledger_lines,
        ledger_schema,
    )
    from bayesian_verifier.journal._lock import ProcessLock, lock_path
    from bayesian_verifier.journal._merging import Taken, Union, merge
    from bayesian_verifier.journal._sealed_news import Sealed, SealedNews
    from bayesian_verifier.journal._tailing import tail

__all__ = [
    "EVIDENCE_FIELDS",
    "MOST_ANSWERED",
    "AlarmLine",
    "AnsweredBy",
    "ApprovalAskedLine",
    "ApprovedLine",
    "Audit",
    "BadLine",
    "CandidateLine",
    "Damaged",
    "DamagedLineError",
    "Epoch",
    "EpochLine",
    "EpochUndoneLine",
    "Epochs",
    "ExpiredLine",
    "Exported",
    "FeedbackLine",
    "Finding",
    "Forgotten",
    "Fsync",
    "GateLine",
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
    "PolicyLine",
    "PopulationLine",
    "ProcessLock",
    "PromotionLine",
    "RecordedPosterior",
    "RejectedLine",
    "RollbackLine",
    "Sealed",
    "SealedNews",
    "SegmentLine",
    "Summary",
    "Taken",
    "Tally",
    "TrainingEndedLine",
    "TrainingStartedLine",
    "Tried",
    "Trusted",
    "Union",
    "WindowLine",
    "as_evidence",
    "audit",
    "check_answer",
    "counts",
    "export",
    "forget",
    "import_file",
    "journal_schema",
    "ledger_lines",
    "ledger_schema",
    "lock_path",
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
    "timestamp",
]

# What only commands ask for: whoever appends and reads histories need not wait for it.
__getattr__ = deferred(
    __name__,
    {
        "_audit": ("Audit", "Finding", "audit"),
        "_exporting": ("Exported", "export"),
        "_exposition": ("Tally",),
        "_forgetting": ("Forgotten", "forget"),
        "_import_lines": ("BadLine",),
        "_import_map": ("ImportMap", "read_map"),
        "_importing": ("Imported", "import_file"),
        "_ledger_lines": (
            "AlarmLine",
            "ApprovalAskedLine",
            "ApprovedLine",
            "ExpiredLine",
            "GateLine",
            "PopulationLine",
            "PromotionLine",
            "RejectedLine",
            "RollbackLine",
            "TrainingEndedLine",
            "TrainingStartedLine",
            "ledger_lines",
            "ledger_schema",
        ),
        "_lock": ("ProcessLock", "lock_path"),
        "_merging": ("Taken", "Union", "merge"),
        "_sealed_news": ("Sealed", "SealedNews"),
        "_tailing": ("tail",),
    },
)
