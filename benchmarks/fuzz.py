"""Corrupt recordings in many containers and codecs: each must be drawn or refused.

Every input is a small good file with seeded flips, cuts, splices and wrong numbers. A child process
reads and draws it, so that a crash or a hang is known by its input.

  drawn        pictures, of the right shape
  refused      a reason that a person understands: "expected ..., got ..."
  crashed      the child died, or raised what is no ValueError, or gave no reason: a fault
  hung         nothing came back in time: a fault
  nan          samples or pictures that are no numbers: a fault
  noisy        a library wrote to the terminal

Inputs at fault are kept, and the exit status is then 1.
"""

import re
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np
from tqdm import tqdm

from benchmarks.support import corrupt_audio
from benchmarks.support.command import argument_parser

CHILD = (sys.executable, "-m", "benchmarks.support.fuzz_child")
FAULTS = ("crashed", "hung", "nan")


class Outcome(NamedTuple):
    """How an input ended, and why."""

    kind: str
    reason: str


@dataclass
class Report:
    """Counts of outcomes, and the notable inputs: their number, name and outcome."""

    kinds: Counter = field(default_factory=Counter)
    reasons: Counter = field(default_factory=Counter)
    notable: list[tuple[int, str, Outcome]] = field(default_factory=list)

    def add(self, number: int, name: str, outcome: Outcome) -> None:
        """Count one."""
        self.kinds[outcome.kind] += 1
        if outcome.kind == "refused":
            self.reasons[family(outcome.reason)] += 1
        if outcome.kind in (*FAULTS, "noisy"):
            self.notable.append((number, name, outcome))

    @property
    def fault(self) -> bool:
        """Whether anything is at fault."""
        return any(self.kinds[kind] for kind in FAULTS)

    def __str__(self) -> str:
        kinds = ("drawn", "refused", *FAULTS, "noisy")
        lines = [f"{kind:<10}{self.kinds[kind]:>8}" for kind in kinds]
        lines += [f"  {count:>8}  {reason}" for reason, count in self.reasons.most_common()]
        lines += [
            f"{number} {name} {kind}: {why[:500]}" for number, name, (kind, why) in self.notable
        ]
        return "\n".join(lines)


class Child:
    """A process that draws one input after the other, and is started anew when it dies.

    Parameters
    ----------
    command : sequence of str
        Reads paths from standard input, a line each, and writes for each a line with the kind of
        the outcome, a tab and the reason.
    errors : text file
        Open for reading and writing; takes what the process writes to standard error.
    """

    def __init__(self, command: Sequence[str], errors: TextIO) -> None:
        self._command = list(command)
        self._errors = errors
        self._process: subprocess.Popen[str] | None = None

    def draw(self, path: Path) -> Outcome:
        """Draw an input, and return how it ended."""
        if self._process is None:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
            )
        assert self._process.stdout is not None  # a pipe
        try:
            print(path, file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        answered = line.endswith("\n")
        if not answered:
            status = self.close()
        self._errors.seek(0)
        errors = " ".join(self._errors.read().split())
        self._errors.seek(0)
        self._errors.truncate()
        if answered:
            return (
                Outcome("noisy", errors) if errors else Outcome(*line.rstrip("\n").split("\t", 1))
            )
        # Python's faulthandler writes this when it ends a process at its time limit.
        kind = "hung" if "Timeout (" in errors else "crashed"
        return Outcome(kind, f"exit status {status}: {errors}")

    def close(self) -> int:
        """End the process, and give its exit status."""
        if self._process is None:
            return 0
        self._process.communicate()
        status = self._process.returncode
        self._process = None
        return status


def family(reason: str) -> str:
    """Strip a reason of its numbers and details, to count it with others of its kind.

    Examples
    --------
    >>> family("expected a rate of 1 Hz, got 0 (really; not)")
    'expected a rate of N Hz, got N (...)'
    """
    return re.sub(r"-?\d[\d.]*(e[+-]?\d+)?", "N", re.sub(r"\(.*\)", "(...)", reason))


def inputs(numbers: Sequence[int], seed: int) -> Iterator[tuple[int, str, bytes]]:
    """Make inputs; each depends on its number and the seed alone.

    Yields
    ------
    number : int
    name : str
        Of the good file that it was.
    data : bytes
    """
    good = corrupt_audio.make()
    names = list(good)
    for number in numbers:
        rng = np.random.default_rng([seed, number])
        name, other = names[rng.integers(len(names))], names[rng.integers(len(names))]
        yield number, name, corrupt_audio.corrupt(good[name], good[other], rng)


def fuzz(
    tasks: Iterator[tuple[int, str, bytes]],
    keep: Path,
    *,
    total: int,
    command: Sequence[str],
    jobs: int = 1,
) -> Report:
    """Draw inputs, and keep those at fault in a folder.

    Parameters
    ----------
    tasks : iterator of (int, str, bytes)
        See `inputs`.
    keep : Path
        Made when it is needed.
    total : int
        How many inputs there are.
    command : sequence of str
        See `Child`.
    jobs : int
        Children at a time.
    """
    report, lock = Report(), threading.Lock()
    with tqdm(total=total, unit="input", disable=None) as bar:

        def work() -> None:
            with (
                tempfile.TemporaryDirectory(prefix="fuzz-") as folder,
                tempfile.TemporaryFile("w+") as errors,
            ):
                child, path = Child(command, errors), Path(folder, "input.wav")
                while True:
                    with lock:
                        task = next(tasks, None)
                    if task is None:
                        break
                    number, name, data = task
                    path.write_bytes(data)
                    outcome = child.draw(path)
                    with lock:
                        report.add(number, name, outcome)
                        bar.update()
                    if outcome.kind in FAULTS:
                        keep.mkdir(parents=True, exist_ok=True)
                        (keep / f"{number:06d}-{name}-{outcome.kind}").write_bytes(data)
                child.close()

        threads = [threading.Thread(target=work) for _ in range(jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return report


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    parser = argument_parser("fuzz", __doc__)
    parser.add_argument("--count", type=int, default=10_000, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--jobs", type=int, default=2, help="default: %(default)s")
    parser.add_argument(
        "--keep",
        type=Path,
        default=Path(tempfile.gettempdir(), "fuzz-faults"),
        metavar="DIR",
        help="folder for inputs at fault (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    numbers = range(options.first, options.first + options.count)
    tasks = inputs(numbers, options.seed)
    report = fuzz(tasks, options.keep, total=len(numbers), command=CHILD, jobs=options.jobs)
    print(report)
    if report.fault:
        print(f"inputs at fault are kept in {options.keep}")
    return 1 if report.fault else 0


if __name__ == "__main__":
    sys.exit(main())
