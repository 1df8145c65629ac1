"""Which tables is the page read from, and how does a line of the journal become a row of one?"""

from __future__ import annotations

from typing import Final

#: of a file, by name: what a row is made of, as DuckDB reads it from the JSON of a line
_QUANTILES = '"0.05":"DOUBLE","0.25":"DOUBLE","0.5":"DOUBLE","0.75":"DOUBLE","0.95":"DOUBLE"'
_BELIEF = f'{{"mean":"DOUBLE","sd":"DOUBLE","quantiles":{{{_QUANTILES}}}}}'
_SHAPE = (
    '{"id":"VARCHAR","ts":"VARCHAR","writer":"VARCHAR","seq":"BIGINT","kind":"VARCHAR","subject":"VARCHAR",'
    '"chosen":"INTEGER","verdict":"VARCHAR","source":"VARCHAR","reason":"VARCHAR","model_version":"VARCHAR",'
    '"meta_comment":"VARCHAR","elapsed_ms":"DOUBLE","judgment":"VARCHAR","feedback":"VARCHAR","reward":"DOUBLE",'
    f'"posterior":{_BELIEF},"prior":{{"mean":"DOUBLE","sd":"DOUBLE"}},"number":"INTEGER","informative":"INTEGER",'
    '"trustworthy":"BOOLEAN","log_loss":"DOUBLE","began":"VARCHAR","ended":"VARCHAR","difference":"DOUBLE",'
    '"other_choice":"BOOLEAN","from":"VARCHAR","window":"VARCHAR","by":"VARCHAR","epoch":"VARCHAR","why":"VARCHAR",'
    '"case":"JSON","policy":"VARCHAR","experiment":{"arm":"VARCHAR"},"s":"VARCHAR","surroundings":"JSON",'
    '"scores":["DOUBLE"],"ask_score":"DOUBLE","temperature":"DOUBLE","ask":"BOOLEAN","choice":"INTEGER"}'
)
_AS_MS = "epoch_us(TRY_CAST({} AS TIMESTAMPTZ)) / 1000.0"
#: people are named in links by this, so that no name is ever in an address
_KEY = "left(sha256(r.subject), 16)"
_ENVELOPE = f"r.id, {_AS_MS.format('r.ts')}, r.writer, r.seq"
_POSTERIOR = (
    'r.posterior.mean, r.posterior.sd, r.posterior.quantiles."0.05", r.posterior.quantiles."0.25", '
    'r.posterior.quantiles."0.5", r.posterior.quantiles."0.75", r.posterior.quantiles."0.95"'
)
_BELIEF_COLUMNS = "mean DOUBLE, sd DOUBLE, q05 DOUBLE, q25 DOUBLE, q50 DOUBLE, q75 DOUBLE, q95 DOUBLE"
_ENVELOPE_COLUMNS = "id VARCHAR, t DOUBLE, writer VARCHAR, seq BIGINT"

#: kind of line → its table, that table's columns, and what stands in them
TABLES: Final[dict[str, tuple[str, str, str]]] = {
    "judgment": (
        "judgments",
        (
            f"{_ENVELOPE_COLUMNS}, subject VARCHAR, key VARCHAR, chosen INTEGER, verdict VARCHAR, {_BELIEF_COLUMNS}, "
            "source VARCHAR, reason VARCHAR, model_version VARCHAR, meta_comment VARCHAR, elapsed_ms DOUBLE, "
            "policy VARCHAR, arm VARCHAR, met VARCHAR"
        ),
        (
            f"{_ENVELOPE}, r.subject, {_KEY}, r.chosen, r.verdict, {_POSTERIOR}, r.source, r.reason, r.model_version, "
            "r.meta_comment, r.elapsed_ms, r.policy, r.experiment.arm, "
            # kept only where a policy can be asked again
            'CASE WHEN r.policy IS NOT NULL THEN CAST(r."case" AS VARCHAR) END'
        ),
    ),
    "feedback": (
        "feedback",
        f"{_ENVELOPE_COLUMNS}, judgment VARCHAR, feedback VARCHAR, reward DOUBLE",
        f"{_ENVELOPE}, r.judgment, r.feedback, r.reward",
    ),
    "policy": (
        "policies",
        (
            f"{_ENVELOPE_COLUMNS}, judgment VARCHAR, policy VARCHAR, s VARCHAR, surroundings VARCHAR, "
            "scores DOUBLE[], ask_score DOUBLE, temperature DOUBLE, ask BOOLEAN, choice INTEGER"
        ),
        (
            f"{_ENVELOPE}, r.judgment, r.policy, r.s, CAST(r.surroundings AS VARCHAR), r.scores, r.ask_score, "
            "r.temperature, r.ask, r.choice"
        ),
    ),
    "window": (
        "windows",
        (
            f"{_ENVELOPE_COLUMNS}, subject VARCHAR, key VARCHAR, number INTEGER, informative INTEGER, "
            f"{_BELIEF_COLUMNS}, prior_mean DOUBLE, prior_sd DOUBLE, "
            "trustworthy BOOLEAN, model_version VARCHAR, log_loss DOUBLE, "
            "began DOUBLE, ended DOUBLE"
        ),
        (
            f"{_ENVELOPE}, r.subject, {_KEY}, r.number, r.informative, {_POSTERIOR}, r.prior.mean, r.prior.sd, "
            f"r.trustworthy, r.model_version, r.log_loss, {_AS_MS.format('r.began')}, {_AS_MS.format('r.ended')}"
        ),
    ),
    "shadow": (
        "shadows",
        f"{_ENVELOPE_COLUMNS}, key VARCHAR, difference DOUBLE, other_choice BOOLEAN",
        f"{_ENVELOPE}, {_KEY}, r.difference, r.other_choice",
    ),
    "epoch": (
        "epochs",
        f'{_ENVELOPE_COLUMNS}, key VARCHAR, since DOUBLE, "window" VARCHAR, reason VARCHAR, author VARCHAR',
        f'{_ENVELOPE}, {_KEY}, {_AS_MS.format("r.from")}, r."window", r.reason, r.by',
    ),
    "epoch_undone": (
        "epochs_undone",
        f"{_ENVELOPE_COLUMNS}, epoch VARCHAR, author VARCHAR, why VARCHAR",
        f"{_ENVELOPE}, r.epoch, r.by, r.why",
    ),
}

#: what the detector said of each window
HEARD: Final = (
    '"window" VARCHAR, key VARCHAR, t DOUBLE, statistic DOUBLE, alarm BOOLEAN, change_began DOUBLE, moved DOUBLE, '
    "surprise DOUBLE, forward DOUBLE, backward DOUBLE, jensen_shannon DOUBLE, wasserstein DOUBLE, rate DOUBLE, "
    "distance_rate DOUBLE, parameter VARCHAR"
)
HEARD_COLUMNS: Final = 15
LEDGER: Final = "n BIGINT, id VARCHAR, t DOUBLE, kind VARCHAR, members VARCHAR"

CREATE: Final = {
    "journal": (
        *(f"CREATE OR REPLACE TABLE {name} ({columns})" for name, columns, _ in TABLES.values()),
        f"CREATE OR REPLACE TABLE heard ({HEARD})",
    ),
    "ledger": (f"CREATE OR REPLACE TABLE ledger ({LEDGER})",),
}

#: the lines given, each read once, whatever it is
READ: Final = f"""
    CREATE OR REPLACE TEMP TABLE fresh AS
    SELECT from_json(line, '{_SHAPE}') AS r, line
    FROM (SELECT unnest(?::VARCHAR[]) AS line) WHERE json_valid(line)
"""  # noqa: S608 built of the constants above
WINDOW_LINES: Final = "SELECT line FROM fresh WHERE r.kind = 'window'"
FILL: Final = {
    "journal": tuple(
        f"INSERT INTO {name} SELECT {values} FROM fresh WHERE r.kind = '{kind}'"  # noqa: S608 constants
        for kind, (name, _, values) in TABLES.items()
    ),
    "ledger": (
        f"""
        INSERT INTO ledger
        SELECT (SELECT count(*) FROM ledger) + row_number() OVER (), r.id, {_AS_MS.format("r.ts")}, r.kind, line
        FROM fresh WHERE r.kind <> 'segment'
        """,  # noqa: S608 constants
    ),
}
