"""ASVspoof: protocols name recordings by file name, and the audio lies anywhere beside them.

Protocols have no header, and white space separates their columns, whatever the suffix. A recording
is looked up by its name without suffix in all folders. So doubled folders, parts in several folders
and converted copies make no difference. A dash is an empty cell.

Splits are the official ones. The evaluation sets of 2021 have no training part. Their ``progress``
subset, on which systems were tuned, is the validation split; their ``eval`` subset, on which
results are published, is the test split. The ``hidden`` subset, without silences, is left out.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from render.layouts import labels, text_tables
from render.layouts.join import KeyJoin, join
from render.layouts.layout import Layout
from render.layouts.probe import FolderProbe, file_name
from render.layouts.walk import File, Ignored, Item, escape_bytes, stem, suffix, walk
from render.recording import Failure, Recording

_SUBSETS = {"progress": "validation", "eval": "test"}
_HIDDEN = "hidden"
_LABEL_HEADINGS = {"key", "label", "cm_key", "cm-label", "spoofing"}
_SET_NAME = re.compile(r"asvspoof_?(20\d\d|5)(?:[_.-]?(la|df|pa))?(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True)
class Protocol:
    """The protocol of an ASVspoof set.

    Attributes
    ----------
    year, track : str
        As in the names of its folders.
    marker : str
        The protocol's files, for messages.
    file : re.Pattern
        File name in lower case; the group ``split`` is the split.
    columns : tuple of str
        The columns of each published version, separated by spaces; ``-`` is a column left out.
    trial_prefix : str
        Beginning of the recordings' names, where only that shows the track.
    """

    year: str
    track: str
    marker: str
    file: re.Pattern
    columns: tuple[str, ...]
    trial_prefix: str = ""

    def row(self, cells: list[str]) -> dict[str, str]:
        """Cells of a row by column, empty for a dash.

        Raises
        ------
        ValueError
            If no published version has so many columns.
        """
        if columns := self._columns_by_count.get(len(cells)):
            named = zip(columns, cells, strict=True)
            return {name: "" if cell == "-" else cell for name, cell in named if name != "-"}
        counts = " or ".join(map(str, self._columns_by_count))
        raise ValueError(f"expected {counts} columns, got {len(cells)}")

    @cached_property
    def _columns_by_count(self) -> dict[int, list[str]]:
        return {len(columns.split()): columns.split() for columns in self.columns}


_KEY_FILE = re.compile(r"trial_metadata\.txt")
_DF_COLUMNS = "speaker name compression source generator label trim subset"
PROTOCOLS = {
    "asvspoof2019-la": Protocol(
        "2019",
        "la",
        "ASVspoof2019.LA.cm.train.trn.txt or its dev or eval protocol",
        re.compile(r"asvspoof2019\.la\.cm\.(?P<split>train|dev|eval)\.tr[nl]\.txt"),
        ("speaker name - generator label",),
    ),
    "asvspoof2021-la": Protocol(
        "2021",
        "la",
        "LA/CM/trial_metadata.txt (from LA-keys-full.tar.gz)",
        _KEY_FILE,
        ("speaker name transmission_codec transmission generator label trim subset",),
        "LA_E_",
    ),
    "asvspoof2021-df": Protocol(
        "2021",
        "df",
        "DF/CM/trial_metadata.txt (from DF-keys-full.tar.gz)",
        _KEY_FILE,
        # As first published, and in full.
        (_DF_COLUMNS, f"{_DF_COLUMNS} vocoder task team gender_pair language"),
        "DF_E_",
    ),
    "asvspoof5": Protocol(
        "5",
        "",
        "ASVspoof5.train.tsv, ASVspoof5.dev.track_1.tsv or ASVspoof5.eval.track_1.tsv",
        re.compile(r"asvspoof5\.(?P<split>train|dev|eval)(\.track_1\.tsv|\.tsv|\.metadata\.txt)"),
        (
            "speaker name gender transmission_codec codec_quality codec_seed attack_tag generator"
            " label -",
            "speaker name gender transmission_codec generator label",  # of the challenge's phases
        ),
    ),
}


def find_protocols(probe: FolderProbe, protocol: Protocol) -> list[str]:
    """Find the protocols of a set in a folder.

    Returns
    -------
    tables : list of str
        Names below the folder. Of two versions for one split, ``.txt`` is the shorter and is left
        out.
    """
    by_split: dict[str, str] = {}
    for table in probe.tables:
        match = protocol.file.fullmatch(file_name(table))
        if not match or (protocol.trial_prefix and not _is_of_track(probe.root / table, protocol)):
            continue
        split = match.groupdict().get("split", table)
        if split not in by_split or by_split[split].endswith(".txt"):
            by_split[split] = table
    return list(by_split.values())


def _is_of_track(table: Path, protocol: Protocol) -> bool:
    """Whether a key file is of the track, and for countermeasures, not speaker verification."""
    try:
        _, cells = next(text_tables.read_protocol(table), (0, []))
        return (
            cells[1].startswith(protocol.trial_prefix)
            and table.parent.name.lower() != "asv"
            and "target" not in protocol.row(cells)["label"]
        )
    except (OSError, ValueError, IndexError):
        return False


def find_recordings(audio: Path, tables: list[str], protocol: Protocol) -> Iterator[Item]:
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
    with KeyJoin(audio) as key_join:
        for table in tables:
            yield from _add_rows(key_join, audio, table, protocol)
        for item in walk(audio, tables=tables):
            if not isinstance(item, File):
                yield item
            elif _is_of_another_set(item.name, protocol):
                yield Ignored(f"{suffix(item.name)} of another ASVspoof set")
            else:
                key_join.add_file(stem(item.name), item.name)
        yield from join(key_join, partial(_recording, protocol))


def _add_rows(key_join: KeyJoin, audio: Path, table: str, protocol: Protocol) -> Iterator[Failure]:
    for line, cells in text_tables.read_protocol(audio / table):
        try:
            row = protocol.row(cells)
        except ValueError as error:
            yield Failure(f"{table} line {line}", str(error))
            continue
        if line > 1 or row["label"].lower() not in _LABEL_HEADINGS:
            key_join.add_row(stem(row["name"]), table, cells)


def _recording(protocol: Protocol, table: str, cells: list[str], file: File) -> Recording | Ignored:
    row = protocol.row(cells)
    match = protocol.file.fullmatch(file_name(table))
    split = match.groupdict().get("split") if match else None
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
    split = labels.parse_split(cell=split, table=table)
    return Recording(Path(file.path), escape_bytes(file.name), split, label, row)


def _is_of_another_set(name: str, protocol: Protocol) -> bool:
    """Whether a file lies in a folder of another set, where names of recordings recur.

    Examples
    --------
    >>> _is_of_another_set("ASVspoof2021_LA_eval/flac/LA_E_1.flac", PROTOCOLS["asvspoof2019-la"])
    True
    >>> _is_of_another_set("ASVspoof2021/flac/LA_E_1.flac", PROTOCOLS["asvspoof2021-la"])
    False
    """
    sets = _SET_NAME.findall(os.path.dirname(name))
    names_of_set = {(protocol.year, protocol.track), (protocol.year, "")}
    return bool(sets) and not any((year, track.lower()) in names_of_set for year, track in sets)


LAYOUTS = {
    name: Layout(
        f"{protocol.marker} and its audio",
        partial(find_protocols, protocol=protocol),
        partial(find_recordings, protocol=protocol),
    )
    for name, protocol in PROTOCOLS.items()
}
