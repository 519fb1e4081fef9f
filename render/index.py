"""Every recording of a dataset and what became of it, on disk, so that memory does not grow.

The index is a SQLite database that lives as long as one rendering: it answers in order of names
and holds no more in memory than a fixed cache. Nothing is kept of it: the pictures themselves are
the record of what is done.
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
    recipe text, original text
) without rowid;
"""
_BATCH = 1_000  # recordings read or written at once


class Index:
    """What a rendering has to do and has done.

    Attributes
    ----------
    ignored : Counter
        Number of files that were not looked at, by suffix, or by suffix and reason.
    columns : dict
        Names of the metadata that any recording has, in the order met; a set that keeps order.
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

    def fill(self, found: Iterable[Recording | Failure | Ignored], group: str | None) -> None:
        """Take in what a dataset holds.

        Parameters
        ----------
        found : iterable of Recording, Failure or Ignored
        group : str or None
            Metadata column whose values are not to stand on two sides, where splits are given.
        """
        for item in found:
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
        """Hold a second row of a recording against the first."""
        here = f"{recording.split}/{recording.label}".lstrip("/")
        (there,) = self._rows(
            "select ltrim(split || '/' || label, '/') from recording where name = ?",
            recording.name,
        ).fetchone()
        if here != there:
            reason = f"expected one class and split, got {there} and {here}"
            self._rows("insert or ignore into clash values (?, ?)", recording.name, reason)

    def assign_splits(self) -> None:
        """Give every recording a split by a stable hash, where the dataset has none.

        Where only some have a split, the others are failures. Where only a validation split is
        missing, it is taken from the training recordings.
        """
        have = {split for (split,) in self._rows("select distinct split from recording")} - {""}
        if not have:
            self._hash("", splits.SHARES)
            return
        self._rows(
            "insert into failure select name, 'expected a split, as other recordings have, got "
            "none' from recording where split = ''"
        )
        self._rows("delete from recording where split = ''")
        if "train" in have and "validation" not in have:
            self._hash("train", splits.HELD_OUT)

    def _hash(self, split: str, shares: dict[str, float]) -> None:
        """Split anew what is in a split, by the hash of its key, leaving no split empty."""
        self._database.create_function("place", 1, lambda key: splits.place(key, shares))
        self._rows("create temp table moving as select name from recording where split = ?", split)
        own = "from recording join moving using (name)"
        self._rows("update recording set split = place(key) where split = ?", split)
        for (label,) in self._rows(f"select distinct label {own} order by 1").fetchall():
            full = self._rows(f"select distinct split {own} where label = ?", label).fetchall()
            if len(full) < len(shares):
                keys = self._rows(f"select distinct key, split {own} where label = ?", label)
                for key, name in splits.fill_empty(dict(keys.fetchall()), shares).items():
                    self._rows(
                        "update recording set split = ? where key = ? and name in moving", name, key
                    )
        self._rows("drop table moving")

    def keep_share(self, number: int, count: int) -> None:
        """Forget all recordings but share `number` of `count`, counted from 1."""
        self._database.create_function("share", 1, lambda stem: int(stem, 16) % count + 1)
        self._rows("delete from recording where share(stem) != ?", number)

    def fail(self, failure: Failure) -> None:
        """Note that a recording cannot be used."""
        self._rows("insert into failure values (?, ?)", failure.recording, failure.reason)

    def note(self, drawn: Drawn) -> None:
        """Note that a recording has its pictures."""
        self._pending.append(drawn)
        if len(self._pending) >= _BATCH:
            self._write()

    def _write(self) -> None:
        """Write what was noted: a call for each would cost more than the writing."""
        noted, self._pending = self._pending, []
        write = self._database.executemany
        write("insert into drawn values (?, ?)", [(each.recording, each.fresh) for each in noted])
        write(
            "insert into picture values (?, ?, ?, ?, ?, ?, ?)",
            (
                (path, each.recording, origin.start_s, origin.duration_s, origin.variant)
                + (origin.recipe, json.dumps(vars(origin.original)))
                for each in noted
                for path, origin in each.pictures
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
                where = Path(os.fsdecode(path))
                yield Recording(where, name, split, label, json.loads(metadata))
            last = batch[-1][0]

    def failures(self) -> Iterator[Failure]:
        """All failures, by recording."""
        for row in self._rows("select recording, reason from failure order by 1, 2"):
            yield Failure(*row)

    def pictures(self) -> Iterator[dict[str, Any]]:
        """All pictures by path, each with what is known of its recording."""
        rows = self._rows(
            "select picture.path, split, label, name, start_s, duration_s, variant, recipe, "
            "original, metadata from picture join recording on name = recording order by 1"
        )
        names = ("path", "split", "label", "recording", "start_s", "duration_s")
        for *row, variant, recipe, original, metadata in rows:
            about = {"variant": variant, "recipe": recipe}
            # What render itself says of a picture goes before a source's column of that name.
            yield {
                **json.loads(metadata),
                **dict(zip(names, row, strict=True)),
                **json.loads(original),
                **about,
            }

    def has_picture(self, path: str) -> bool:
        """Whether a picture, by its path below the images folder, is one of these."""
        return bool(self._number("select count(*) from picture where path = ?", path))

    def has_stem(self, stem: str) -> bool:
        """Whether the last 12 characters of a stem are a recording's of this dataset."""
        return bool(self._number("select count(*) from recording where stem = ?", stem))

    def fullest(self) -> int:
        """Count the recordings of the fullest class folder."""
        counts = "select count(*) as n from recording group by split, label"
        return self._number(f"select coalesce(max(n), 0) from ({counts})")

    def count(self, table: str) -> int:
        """Count the rows of a table: ``"recording"``, ``"failure"``, ``"drawn"``, ``"picture"``."""
        return self._number(f"select count(*) from {table}")

    def kept(self) -> int:
        """Count the recordings whose pictures were there already."""
        return self._number("select count(*) from drawn where not fresh")

    def counts(self) -> dict[tuple[str, str], tuple[int, int, float]]:
        """Recordings, pictures and minutes of sound by split and class."""
        rows = self._rows(
            "select split, label, count(distinct recording), count(*), sum(duration_s) / 60 "
            "from picture join recording on name = recording group by split, label"
        )
        return {(split, label): (n, clips, minutes) for split, label, n, clips, minutes in rows}
