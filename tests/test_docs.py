"""Every command that README and docs show is one that there is, with the options shown."""

import argparse
import contextlib
import functools
import importlib
import io
import re
import shlex
from pathlib import Path

import pytest

from spoofsight.cli import VERBS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *(ROOT / folder / "README.md" for folder in ("datasets", "checkpoints")),
    *sorted((ROOT / "docs").glob("*.md")),
]
PYTEST = {"--cov", "--durations", "-W", "-k", "-m", "-n", "-q", "-x"}
OTHER_MODULES = {"pip", "ruff", "venv"}
# A command, perhaps after variables of the environment, and up to the next command.
COMMAND = re.compile(r"^(?:\w+=\S* )*((?:\./run\.sh|spoofsight(?= )|\S*python3? (?:-P )?-m)\b.*)")


def commands(text):
    """Command lines in the code blocks and the inline code of a page, split as a shell does."""
    blocks = re.findall(r"^```.*?$(.*?)^```", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    lines += [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)]
    for line in lines:
        for part in re.split(r"\s*(?:&&|\|\||[;|])\s+", line):
            if found := COMMAND.match(part.strip().removeprefix("$ ")):
                yield shlex.split(re.split(r"\s+(?:>|2>|<)\s*", found[1])[0], comments=True)


class ParsedError(Exception):
    """Ends a command when its arguments are read, before it does anything."""


def parse(module, arguments):
    """Let a command's own parser read arguments; give its message if it refuses them."""
    try:
        command = importlib.import_module(module)
        command = (
            command if hasattr(command, "main") else importlib.import_module(f"{module}.__main__")
        )
    except ModuleNotFoundError as error:
        return str(error)
    build, read = argparse.ArgumentParser.__init__, argparse.ArgumentParser.parse_args

    def stop(self, *given):
        read(self, *given)
        raise ParsedError

    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(io.StringIO()) as said:
        exact = functools.partialmethod(build, allow_abbrev=False)
        patch.setattr(argparse.ArgumentParser, "__init__", exact)
        patch.setattr(argparse.ArgumentParser, "parse_args", stop)
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                command.main(arguments)
            except ParsedError:
                return ""
            except SystemExit as ended:
                return said.getvalue().splitlines()[-1] if ended.code else ""
    raise AssertionError(f"{module} parses no arguments")


def refusal(module, arguments):
    """As `parse`, with values for placeholders and for what a page leaves out."""
    verb = 1 if module in ("classify", "classify.cli") else 0
    arguments = [one for one in arguments if one != "..."]
    for _ in range(9):
        message = parse(module, arguments)
        required = re.search(r"arguments are required: (\S+?)(?:,|$)", message)
        number = re.search(r"invalid (?:int|float|\w*) value: '([A-Z]+)'", message)
        if required and required[1].startswith("-"):
            arguments = [*arguments, required[1].partition("/")[0], "PLACEHOLDER"]
        elif required:
            arguments = [*arguments[:verb], "PLACEHOLDER", *arguments[verb:]]
        elif number:
            arguments = ["1" if one == number[1] else one for one in arguments]
        else:
            break
    return message


def wrong(words, python_calls):
    """Say what is wrong with a command, as words; nothing if it is right."""
    if words[0].startswith("./run.sh"):
        if len(words) == 1 or words[1] in ("help", "install", "demo", "lint", "VERB"):
            return "" if len(words) < 3 else f"{words[1]} takes no arguments"
        if words[1:3] == ["bench", "NAME"]:
            words = [*words[:2], "fuzz", *words[3:]]
        try:
            call = python_calls(*words[1:])[-1][1:]
        except ValueError as error:
            return str(error)
    elif words[0] == "spoofsight":
        verb, *rest = words[1:]
        if verb in ("VERB", "--help", "--version"):
            return ""
        if verb not in VERBS:
            return f"expected a verb, got {verb}"
        call = [*VERBS[verb][0].split(), *rest]
    else:
        call = words[words.index("-m") + 1 :]
    module, *arguments = call
    if module == "pytest":
        options = {one.partition("=")[0] for one in arguments if one.startswith("-")}
        options -= {"--numprocesses", "--dist"}
        paths = [one for one in arguments if one.startswith("tests") and not (ROOT / one).exists()]
        return "".join([*sorted(options - PYTEST), *paths])
    return "" if module in OTHER_MODULES else refusal(module, arguments)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_shown_exists_with_its_options(page, python_calls):
    shown = list(commands(page.read_text()))
    assert shown or page.parent.name in ("docs", "checkpoints")
    refused = {" ".join(words): wrong(words, python_calls) for words in shown}
    assert {command: message for command, message in refused.items() if message} == {}


def test_commands_are_read_from_blocks_and_from_inline_code():
    text = (
        "Run `./run.sh predict A` or\n\n```\n$ TMPDIR=/x ./run.sh render A \\\n  --to B  # why\n"
        "python -m detect x | head\n./run.sh x; ./run.sh y > z\nsee ./run.sh audit\n```\n"
        "`.venv/bin/python\n-m classify`, `run.sh`, `spoofsight.load()` and `spoofsight audit`"
    )
    assert list(commands(text)) == [
        ["./run.sh", "render", "A", "--to", "B"],
        ["python", "-m", "detect", "x"],
        ["./run.sh", "x"],
        ["./run.sh", "y"],
        ["./run.sh", "predict", "A"],
        [".venv/bin/python", "-m", "classify"],
        ["spoofsight", "audit"],
    ]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("./run.sh dance", "expected a verb, got dance"),
        ("./run.sh bench dance", "expected a benchmark, got dance"),
        ("./run.sh train images --dance 3", "unrecognized arguments: --dance"),
        ("./run.sh train images --epoch 3", "unrecognized arguments: --epoch"),  # no short forms
        ("./run.sh train images --recipe dance", "invalid choice: 'dance'"),
        ("./run.sh evaluate --robustness", "expected one argument"),
        ("./run.sh bench fuzz --dance", "unrecognized arguments: --dance"),
        ("./run.sh forge --dance", "unrecognized arguments: --dance"),
        ("./run.sh test --dance", "--dance"),
        ("./run.sh test tests/dance", "tests/dance"),
        ("./run.sh demo --dance", "demo takes no arguments"),
        ("spoofsight dance", "expected a verb, got dance"),
        ("spoofsight train images --dance 3", "unrecognized arguments: --dance"),
        ("python -m classify dance", "invalid choice: 'dance'"),
        ("python -m dance", "No module named 'dance'"),
    ],
)
def test_what_does_not_exist_is_found(command, message, python_calls):
    assert message in wrong(command.split(), python_calls)


@pytest.mark.parametrize(
    "command",
    [
        "./run.sh forge --copies N",
        "./run.sh train IMAGES --seeds N --to RUN",
        "./run.sh detect FILE ... --run RUN",
        "./run.sh bench NAME --help",
        "spoofsight VERB --help",
        "spoofsight train images --seeds N",
        "./run.sh test --fast -k silence",
        "python -m render.downloads.cli NAME",
    ],
)
def test_placeholders_and_what_is_left_out_are_no_errors(command, python_calls):
    assert wrong(command.split(), python_calls) == ""
