"""Where do an experiment's raw numbers lie? In Parquet files, one a seed, named for the arm and the seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Columns = dict[str, NDArray[Any]]


def write_table(file: Path, columns: Columns) -> None:
    """Columns of equal length as a Parquet file, which is there wholly or not at all."""
    import duckdb  # noqa: PLC0415 - an extra brings it

    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".part")
    with duckdb.connect() as connection:
        connection.register("columns", columns)
        connection.sql("SELECT * FROM columns").write_parquet(str(half))
    half.replace(file)


def read_table(folder: Path, table: str) -> dict[tuple[str, int], Columns]:
    """The columns of every arm and seed of a table."""
    import duckdb  # noqa: PLC0415 - an extra brings it

    found = {}
    for file in sorted((folder / table).glob("arm=*/seed=*.parquet")):
        key = (file.parent.name.removeprefix("arm="), int(file.stem.removeprefix("seed=")))
        with duckdb.connect() as connection:
            read = connection.read_parquet(str(file)).fetchnumpy()
        found[key] = {
            name: np.asarray(values) for name, values in read.items() if name not in {"arm", "seed"}
        }
    return found
