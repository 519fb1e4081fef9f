"""Recordings of a call and results that there are, in bounded memory.

A SQLite database that lives as long as the call, with a cache of fixed size in memory and the rest
in a temporary file without a name. It is not kept: table and journal are.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from detect.batch.table import ERROR, MODIFIED, PATH, SIZE, Row

_TABLES = """
pragma journal_mode = off;
pragma synchronous = off;
pragma cache_size = -32768;
create table result (
    path text primary key, size text, modified text, failed integer, rows text
) without rowid;
create table named (
    path text primary key, file blob, name blob, size text, modified text
) without rowid;
create view judged as select named.path as path, failed from named join result using (path);
"""
_OUTSTANDING = """
from named left join result using (path) where file is not null and named.path > ? and (
    result.path is null or failed or result.size != named.size
    or result.modified != named.modified
)
"""
_BATCH = 1_000  # recordings read at once


class Recording(NamedTuple):
    """A recording to judge, as it was when it was listed.

    Attributes
    ----------
    path : str
        As the table spells its name.
    name : str
        As the command line and the operating system spell it.
    file : Path
    size, modified : str
        In bytes, and in UTC; empty if it could not be looked at.
    """

    path: str
    name: str
    file: Path
    size: str
    modified: str


class Index:
    """The recordings that a call names, and the results of these and of others."""

    def __init__(self) -> None:
        # joblib asks for work in a thread of its own; SQLite itself takes one call at a time.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(_TABLES)
        self._database.execute("begin")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._database.close()

    def add_results(self, results: Iterable[list[Row]]) -> None:
        """Store results; each takes the place of an earlier one of the same recording."""
        self._database.executemany(
            "insert or replace into result values (?, ?, ?, ?, ?)",
            (
                (rows[0][PATH], rows[0][SIZE], rows[0][MODIFIED])
                + (any(row[ERROR] for row in rows), json.dumps(rows))
                for rows in results
            ),
        )

    def add_recording(self, recording: Recording) -> bool:
        """Store a recording to judge; False where another one has this path in the table."""
        file, name = os.fsencode(recording.file), os.fsencode(recording.name)
        row = (recording.path, file, name, recording.size, recording.modified)
        if self._database.execute(
            "insert or ignore into named values (?, ?, ?, ?, ?)", row
        ).rowcount:
            return True
        ((earlier,),) = self._database.execute(
            "select file from named where path = ?", (recording.path,)
        )
        return earlier == file

    def add_refusal(self, rows: list[Row]) -> None:
        """Store the result of a name that stands for no recording."""
        self._database.execute(
            "insert or ignore into named values (?, null, null, '', '')", (rows[0][PATH],)
        )
        self.add_results([rows])

    def outstanding(self) -> Iterator[Recording]:
        """Recordings without a result, with one of an earlier state, or that failed, by path."""
        last = ""
        while batch := self._database.execute(
            "select named.path, name, file, named.size, named.modified "
            f"{_OUTSTANDING} order by 1 limit {_BATCH}",
            (last,),
        ).fetchall():
            for path, name, file, size, modified in batch:
                yield Recording(path, os.fsdecode(name), Path(os.fsdecode(file)), size, modified)
            last = batch[-1][0]

    def count_outstanding(self) -> int:
        """Number of `outstanding` recordings."""
        return self._number(f"select count(*) {_OUTSTANDING}", "")

    def count(self) -> int:
        """Number of recordings that the call names."""
        return self._number("select count(*) from named")

    def count_failed(self) -> int:
        """Number of those whose result is a failure."""
        return self._number("select count(*) from judged where failed")

    def rows(self) -> Iterator[Row]:
        """Rows of all results by path, without failures of recordings that the call leaves out."""
        for (rows,) in self._database.execute(
            "select rows from result where not failed or path in (select path from named) "
            "order by path"
        ):
            yield from json.loads(rows)

    def _number(self, question: str, *values: Any) -> int:
        return self._database.execute(question, values).fetchone()[0]
