"""The command ``spoofsight VERB ...``: chooses the command line of a verb, and calls it."""

import sys
import textwrap
from importlib import import_module

from spoofsight import __version__

# Of each verb: module and first arguments of its command line, arguments, what it does.
VERBS = {
    "fetch": (
        "render.downloads.cli",
        "[NAME]   [--to DIR]",
        "a public dataset; without NAME, which there are",
    ),
    "forge": (
        "render.copysynthesis.cli",
        "REAL     --to FAKE",
        "resynthesised copies of real recordings",
    ),
    "render": ("render.cli", "[AUDIO]  [--to IMAGES]", "recordings to pictures"),
    "train": ("classify.cli train", "[IMAGES] [--to RUN]", "pictures to a network"),
    "evaluate": (
        "detect.robustness.cli",
        "[IMAGES] [--run RUN]",
        "how good it is on the test split",
    ),
    "detect": (
        "detect.cli",
        "AUDIO... [--run RUN]",
        "recordings to verdicts; - is standard input",
    ),
    "adapt": (
        "detect.adaptation.cli",
        "AUDIO    --to RUN",
        "a run made your own with 20 of your recordings or more",
    ),
    "page": ("detect.web.server", "[--run RUN]", "the same in the browser"),
    "serve": ("detect.service.cli", "[--run RUN]", "the same over HTTP, for programs"),
    "predict": (
        "classify.cli predict",
        "IMAGE... [--run RUN]",
        "pictures, folders or patterns to verdicts",
    ),
    "score": (
        "classify.cli score",
        "SCORES   [--keys KEYS]",
        "metrics of any system's score file",
    ),
    "compare": (
        "classify.cli compare",
        "RUN_A RUN_B [IMAGES]",
        "which of two runs is better, with a paired test",
    ),
    "audit": (
        "classify.cli audit",
        "[IMAGES]",
        "what gives the class away: codec, level, length ...",
    ),
}

HELP = """\
Spoofsight: tells real speech from generated speech by looking at its spectrograms.

{verbs}

spoofsight VERB --help shows the options of a verb, spoofsight --version the version. Folders named
datasets and checkpoints are those of the current folder.
{card}
An answer says that a recording looks like the real or the fake ones that the detector learned from.
It proves nothing: on voices, microphones and generators that are new to it, the detector errs often
and is just as sure. Heed the warnings, listen, and look for the source."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command of a verb.

    Parameters
    ----------
    arguments : list of str, optional
        Verb and arguments; default: those of the process.

    Returns
    -------
    status : int
        That of the verb; 2 if there is no such verb.
    """
    verb, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if verb in ("-h", "--help", "help"):
        print(HELP.format(verbs="\n".join(map(_line, VERBS)), card=_card()))
        return 0
    if verb == "--version":
        print(f"spoofsight {__version__}")
        return 0
    if verb not in VERBS:
        print(
            f"spoofsight: expected a verb, got {verb}; spoofsight --help lists them",
            file=sys.stderr,
        )
        return 2
    module, *first = VERBS[verb][0].split()
    return import_module(module).main([*first, *rest])


def _line(verb: str) -> str:
    _, arguments, text = VERBS[verb]
    return f"  spoofsight {verb:<8} {arguments:<22}  {text}"


def _card() -> str:
    """What the run that answers by default learned from, and how often it errs."""
    lookup = import_module("classify.runs.lookup")
    folder = lookup.find_run()
    if not (folder / "run.json").is_file():
        return ""
    sentences = import_module("classify.runs.short_card").short_card(folder)
    return "\n".join(
        [
            "",
            f"The run {folder.name}, which answers where no --run is given:",
            *map(_wrap, sentences),
            "",
        ]
    )


def _wrap(sentence: str) -> str:
    return textwrap.fill(sentence, 98, initial_indent="- ", subsequent_indent="  ")
