"""The ASVspoof sets: protocols that name recordings by their file name, audio anywhere beside.

Protocols have no header and are parted by white space, whatever their suffix. A recording is
looked for by its name without suffix in all folders, so that doubled folders, parts in several
folders and converted copies do not matter. A dash stands for nothing.

Splits are the official ones. The evaluation sets of 2021 have no training part: their ``progress``
subset, on which systems were tuned, is the validation split, and their ``eval`` subset, on which
published figures are, is the test split. Their ``hidden`` subset, without silences, belongs to
neither and is left out.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from render.layouts import labels, text_tables
from render.layouts.join import KeyJoin, join
from render.layouts.probe import FolderProbe, base
from render.layouts.walk import File, Ignored, Item, stem, suffix, tidy, walk
from render.recording import Failure, Recording

_SUBSETS = {"progress": "validation", "eval": "test"}
_HIDDEN = "hidden"
_HEADINGS = {"key", "label", "cm_key", "cm-label", "spoofing"}
_ANY = re.compile(r"asvspoof_?(20\d\d|5)(?:[_.-]?(la|df|pa))?(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True)
class Protocol:
    """How an ASVspoof set is described.

    Attributes
    ----------
    year, track : str
        As in the names of its folders.
    file : re.Pattern
        Name of a protocol in lower case; a group ``split`` names the split.
    columns : tuple of str
        Each a protocol's columns in order, parted by spaces; ``-`` for one that is not kept.
    trial : str
        What names of recordings begin with, where only that tells the track.
    """

    year: str
    track: str
    file: re.Pattern
    columns: tuple[str, ...]
    trial: str = ""

    def row(self, cells: list[str]) -> dict[str, str]:
        """Cells of a row by column, without dashes.

        Raises
        ------
        ValueError
            If their number is not that of a protocol.
        """
        if columns := self._by_count.get(len(cells)):
            named = zip(columns, cells, strict=True)
            return {name: "" if cell == "-" else cell for name, cell in named if name != "-"}
        counts = " or ".join(map(str, self._by_count))
        raise ValueError(f"expected {counts} columns, got {len(cells)}")

    @cached_property
    def _by_count(self) -> dict[int, list[str]]:
        return {len(columns.split()): columns.split() for columns in self.columns}


_KEYS = re.compile(r"trial_metadata\.txt")
_DF = "speaker name compression source generator label trim subset"
PROTOCOLS = {
    "asvspoof2019-la": Protocol(
        "2019",
        "la",
        re.compile(r"asvspoof2019\.la\.cm\.(?P<split>train|dev|eval)\.tr[nl]\.txt"),
        ("speaker name - generator label",),
    ),
    "asvspoof2021-la": Protocol(
        "2021",
        "la",
        _KEYS,
        ("speaker name transmission_codec transmission generator label trim subset",),
        "LA_E_",
    ),
    "asvspoof2021-df": Protocol(
        "2021",
        "df",
        _KEYS,
        (_DF, f"{_DF} vocoder task team gender_pair language"),  # as first published, and in full
        "DF_E_",
    ),
    "asvspoof5": Protocol(
        "5",
        "",
        re.compile(r"asvspoof5\.(?P<split>train|dev|eval)(\.track_1\.tsv|\.tsv|\.metadata\.txt)"),
        (
            "speaker name gender transmission_codec codec_quality codec_seed attack_tag generator"
            " label -",
            "speaker name gender transmission_codec generator label",  # of the challenge's phases
        ),
    ),
}


def seen(look: FolderProbe, protocol: Protocol) -> list[str]:
    """The protocols of a set in a folder.

    Parameters
    ----------
    look : FolderProbe
    protocol : Protocol

    Returns
    -------
    tables : list of str
        Names below the folder. Of two protocols of one split the full one counts.
    """
    found: dict[str, str] = {}
    for table in look.tables:
        match = protocol.file.fullmatch(base(table))
        if not match or (protocol.trial and not _is_track(look.root / table, protocol)):
            continue
        split = match.groupdict().get("split", table)
        if split not in found or found[split].endswith(".txt"):
            found[split] = table
    return list(found.values())


def _is_track(table: Path, protocol: Protocol) -> bool:
    """Whether keys are those of a track, and for countermeasures, not for speaker verification."""
    try:
        _, cells = next(text_tables.protocol(table), (0, []))
        return (
            cells[1].startswith(protocol.trial)
            and table.parent.name.lower() != "asv"
            and "target" not in protocol.row(cells)["label"]
        )
    except (OSError, ValueError, IndexError):
        return False


def find(audio: Path, tables: list[str], protocol: Protocol) -> Iterator[Item]:
    """Find the recordings that protocols name.

    Parameters
    ----------
    audio : Path
    tables : list of str
        Names of the protocols below the folder.
    protocol : Protocol

    Yields
    ------
    item : Recording, Failure or Ignored
    """
    with KeyJoin(audio) as inventory:
        for table in tables:
            yield from _add_rows(inventory, audio, table, protocol)
        for item in walk(audio, tables=tables):
            if not isinstance(item, File):
                yield item
            elif _of_another(item.name, protocol):
                yield Ignored(f"{suffix(item.name)} of another ASVspoof set")
            else:
                inventory.add_file(stem(item.name), item.name)
        yield from join(inventory, partial(_place, protocol))


def _add_rows(inventory: KeyJoin, audio: Path, table: str, protocol: Protocol) -> Iterator[Failure]:
    for line, cells in text_tables.protocol(audio / table):
        try:
            row = protocol.row(cells)
        except ValueError as error:
            yield Failure(f"{table} line {line}", str(error))
            continue
        if line > 1 or row["label"].lower() not in _HEADINGS:
            inventory.add_row(stem(row["name"]), table, cells)


def _place(protocol: Protocol, table: str, cells: list[str], file: File) -> Recording | Ignored:
    row = protocol.row(cells)
    named = protocol.file.fullmatch(base(table))
    split = named.groupdict().get("split") if named else None
    if split is None:
        subset = row["subset"].lower()
        if subset == _HIDDEN:
            return Ignored(f"{suffix(file.name)} of the hidden subset")
        if subset not in _SUBSETS:
            raise ValueError(f"expected a subset among {', '.join(_SUBSETS)}, got {subset}")
        split = _SUBSETS[subset]
    label = labels.parse_label(cell=row.pop("label"), table=table)
    labels.reject_contradiction(label, file.name, row["generator"])
    row["generator"] = row["generator"] if label == "fake" else ""
    del row["name"]
    return Recording(
        Path(file.path), tidy(file.name), labels.parse_split(cell=split, table=table), label, row
    )


def _of_another(name: str, protocol: Protocol) -> bool:
    """Whether a folder above a file is another set's: names of recordings recur between sets.

    Examples
    --------
    >>> _of_another("ASVspoof2021_LA_eval/flac/LA_E_1.flac", PROTOCOLS["asvspoof2019-la"])
    True
    >>> _of_another("ASVspoof2021/flac/LA_E_1.flac", PROTOCOLS["asvspoof2021-la"])
    False
    """
    sets = _ANY.findall(os.path.dirname(name))
    own = {(protocol.year, protocol.track), (protocol.year, "")}
    return bool(sets) and not any((year, track.lower()) in own for year, track in sets)
