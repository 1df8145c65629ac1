"""Where do an experiment's raw numbers lie? In Parquet files, one a seed, named for the arm and the seed.

Each carries the hash of the experiment it belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Columns = dict[str, NDArray[Any]]

_COMPRESSION = 19


def write_table(file: Path, columns: Columns, experiment: str) -> None:
    """Columns of equal length as a Parquet file, which is there wholly or not at all."""
    import duckdb  # noqa: PLC0415 - an extra brings it

    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".part")
    with duckdb.connect() as connection:
        connection.register("columns", columns)
        connection.execute(
            f"COPY columns TO '{half}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL {_COMPRESSION}, "
            f"KV_METADATA {{experiment: '{experiment}'}})"
        )
    half.replace(file)


def read_table(folder: Path, table: str) -> dict[tuple[str, int], Columns]:
    """The columns of every arm and seed of a table."""
    import duckdb  # noqa: PLC0415 - an extra brings it

    found = {}
    with duckdb.connect() as connection:
        for (name, seed), file in sorted(_files(folder, table).items()):
            read = connection.read_parquet(str(file), hive_partitioning=False).fetchnumpy()
            found[name, seed] = {column: _plain(values) for column, values in read.items()}
    return found


def foreign(folder: Path, experiment: str) -> list[str]:
    """Files of tables that were made by another experiment than that of this hash."""
    import duckdb  # noqa: PLC0415 - an extra brings it

    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT file_name, value FROM parquet_kv_metadata(?) WHERE key = 'experiment'",
            [str(folder / "*" / "arm=*" / "*.parquet")],
        ).fetchall()
    said = {str(name): bytes(value).decode() for name, value in rows}
    files = sorted(folder.glob("*/arm=*/*.parquet"))
    return [str(file.relative_to(folder)) for file in files if said.get(str(file)) != experiment]


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    """Where there is no number: NaN, no mask."""
    return np.ma.filled(values, np.nan) if np.ma.isMaskedArray(values) else np.asarray(values)


def _files(folder: Path, table: str) -> dict[tuple[str, int], Path]:
    return {
        (file.parent.name.removeprefix("arm="), int(file.stem.removeprefix("seed="))): file
        for file in (folder / table).glob("arm=*/seed=*.parquet")
    }
