"""The recordings of a dataset and the results of rendering them, in bounded memory.

The index is a SQLite database that lives as long as one rendering, with a cache of fixed size in
memory. It is not kept: the pictures themselves are the record of finished work.
"""

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from render import splits
from render.layouts.walk import Ignored
from render.recording import Failure, Recording
from render.summary import Drawn

_TABLES = """
pragma journal_mode = off;
pragma synchronous = off;
pragma cache_size = -32768;
create table recording (
    name text primary key, path blob, split text, label text, metadata text, stem text, key text
) without rowid;
create table clash (name text primary key, reason text) without rowid;
create table failure (recording text, reason text);
create table drawn (recording text primary key, fresh integer) without rowid;
create table picture (
    path text primary key, recording text, start_s real, duration_s real, variant integer,
    augmentation text, source_file text
) without rowid;
"""
_BATCH = 1_000  # recordings read or written at once


class Index:
    """Recordings to render, their pictures, and failures.

    Attributes
    ----------
    ignored : Counter
        Number of files that were not looked at, by suffix, or by suffix and reason.
    columns : dict
        Names of the metadata columns of all recordings, in the order met, as an ordered set.
    """

    def __init__(self) -> None:
        self.ignored: Counter[str] = Counter()
        self.columns: dict[str, None] = {}
        # Without a name, the database is in memory up to the size of its cache and beyond that in
        # a file without a name. joblib asks for work in a thread of its own; SQLite itself takes
        # one call at a time.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._pending: list[Drawn] = []
        self._database.executescript(_TABLES)
        self._database.execute("begin")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def _rows(self, question: str, *values: Any) -> sqlite3.Cursor:
        if self._pending:
            self._write()
        return self._database.execute(question, values)

    def _number(self, question: str, *values: Any) -> int:
        return self._rows(question, *values).fetchone()[0]

    def fill(self, entries: Iterable[Recording | Failure | Ignored], group: str | None) -> None:
        """Store the contents of a dataset.

        Parameters
        ----------
        entries : iterable of Recording, Failure or Ignored
        group : str or None
            Metadata column whose groups `assign_splits` keeps in one split.
        """
        for item in entries:
            if isinstance(item, Ignored):
                self.ignored[item.suffix] += 1
            elif isinstance(item, Failure):
                self.fail(item)
            else:
                self._add(item, group)
        self._rows("insert into failure select * from clash")
        self._rows("delete from recording where name in (select name from clash)")
        self._rows("create index by_stem on recording (stem)")

    def _add(self, recording: Recording, group: str | None) -> None:
        self.columns.update(dict.fromkeys(recording.metadata))
        row = (
            recording.name,
            os.fsencode(recording.path),
            recording.split,
            recording.label,
            json.dumps(recording.metadata),
            recording.stem[-12:],
            (recording.metadata.get(group) if group else None) or recording.name,
        )
        added = self._rows("insert or ignore into recording values (?, ?, ?, ?, ?, ?, ?)", *row)
        if not added.rowcount:
            self._compare(recording)

    def _compare(self, recording: Recording) -> None:
        """Note a clash if a second row of a recording has another class or split."""
        second = f"{recording.split}/{recording.label}".lstrip("/")
        (first,) = self._rows(
            "select ltrim(split || '/' || label, '/') from recording where name = ?",
            recording.name,
        ).fetchone()
        if first != second:
            reason = f"expected one class and split, got {first} and {second}"
            self._rows("insert or ignore into clash values (?, ?)", recording.name, reason)

    def assign_splits(self) -> None:
        """Give every recording a split by a stable hash, where the dataset has none.

        Where only some have a split, the others are failures. Where only a validation split is
        missing, it is taken from the training recordings.
        """
        given = {split for (split,) in self._rows("select distinct split from recording")} - {""}
        if not given:
            self._hash("", splits.SHARES)
            return
        self._rows(
            "insert into failure select name, 'expected a split, as other recordings have, got "
            "none' from recording where split = ''"
        )
        self._rows("delete from recording where split = ''")
        if "train" in given and "validation" not in given:
            self._hash("train", splits.HELD_OUT)

    def _hash(self, split: str, shares: dict[str, float]) -> None:
        """Divide a split by the hash of the recordings' keys, leaving no part empty."""
        self._database.create_function("place", 1, lambda key: splits.place(key, shares))
        self._rows("create temp table moving as select name from recording where split = ?", split)
        source = "from recording join moving using (name)"
        self._rows("update recording set split = place(key) where split = ?", split)
        for (label,) in self._rows(f"select distinct label {source} order by 1").fetchall():
            full = self._rows(f"select distinct split {source} where label = ?", label).fetchall()
            if len(full) < len(shares):
                keys = self._rows(f"select distinct key, split {source} where label = ?", label)
                for key, name in splits.fill_empty(dict(keys.fetchall()), shares).items():
                    self._rows(
                        "update recording set split = ? where key = ? and name in moving", name, key
                    )
        self._rows("drop table moving")

    def keep_share(self, number: int, count: int) -> None:
        """Drop all recordings but share `number` of `count`, counted from 1."""
        self._database.create_function("share", 1, lambda stem: int(stem, 16) % count + 1)
        self._rows("delete from recording where share(stem) != ?", number)

    def fail(self, failure: Failure) -> None:
        """Store a failure."""
        self._rows("insert into failure values (?, ?)", failure.recording, failure.reason)

    def note(self, drawn: Drawn) -> None:
        """Store the pictures of a recording."""
        self._pending.append(drawn)
        if len(self._pending) >= _BATCH:
            self._write()

    def _write(self) -> None:
        """Insert all pending results: one call per result would take more time."""
        results, self._pending = self._pending, []
        insert = self._database.executemany
        insert(
            "insert into drawn values (?, ?)", [(each.recording, each.fresh) for each in results]
        )
        insert(
            "insert into picture values (?, ?, ?, ?, ?, ?, ?)",
            (
                (path, each.recording, source.start_s, source.duration_s, source.variant)
                + (source.augmentation, json.dumps(source.file.properties))
                for each in results
                for path, source in each.pictures
            ),
        )

    def recordings(self) -> Iterator[Recording]:
        """All recordings, by name; the index may be written to meanwhile."""
        last = ""
        while batch := self._rows(
            "select name, path, split, label, metadata from recording where name > ? "
            f"order by name limit {_BATCH}",
            last,
        ).fetchall():
            for name, path, split, label, metadata in batch:
                yield Recording(Path(os.fsdecode(path)), name, split, label, json.loads(metadata))
            last = batch[-1][0]

    def failures(self) -> Iterator[Failure]:
        """All failures, by recording."""
        for row in self._rows("select recording, reason from failure order by 1, 2"):
            yield Failure(*row)

    def pictures(self) -> Iterator[dict[str, Any]]:
        """All pictures by path, each with the columns of its recording."""
        rows = self._rows(
            "select picture.path, split, label, name, start_s, duration_s, variant, augmentation, "
            "source_file, metadata from picture join recording on name = recording order by 1"
        )
        names = ("path", "split", "label", "recording", "start_s", "duration_s")
        for *row, variant, augmentation, source_file, metadata in rows:
            # The columns of render itself take precedence over the source's of the same name.
            yield {
                **json.loads(metadata),
                **dict(zip(names, row, strict=True)),
                **json.loads(source_file),
                "variant": variant,
                "augmentation": augmentation,
            }

    def has_picture(self, path: str) -> bool:
        """Whether the index holds a picture, by its path below the images folder."""
        return bool(self._number("select count(*) from picture where path = ?", path))

    def has_stem(self, stem: str) -> bool:
        """Whether a recording's stem ends with these 12 characters."""
        return bool(self._number("select count(*) from recording where stem = ?", stem))

    def largest_class(self) -> int:
        """Number of recordings in the largest class folder."""
        counts = "select count(*) as n from recording group by split, label"
        return self._number(f"select coalesce(max(n), 0) from ({counts})")

    def count(self, table: str) -> int:
        """Count the rows of a table: ``"recording"``, ``"failure"``, ``"drawn"``, ``"picture"``."""
        return self._number(f"select count(*) from {table}")

    def kept(self) -> int:
        """Number of recordings whose pictures were up to date."""
        return self._number("select count(*) from drawn where not fresh")

    def counts(self) -> dict[tuple[str, str], tuple[int, int, float]]:
        """Recordings, pictures and minutes of sound by split and class."""
        rows = self._rows(
            "select split, label, count(distinct recording), count(*), sum(duration_s) / 60 "
            "from picture join recording on name = recording group by split, label"
        )
        return {(split, label): (n, clips, minutes) for split, label, n, clips, minutes in rows}
