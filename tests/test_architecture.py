"""Which package, room and module may import what, read from the source, also inside functions.

Walls stand between the packages: `render` and `classify` meet only at files, `detect` may use both,
only `spoofsight` uses `detect`, and streamlit stays in the page. The libraries of HTTP stay in the
service. Inside a package, rooms import downwards only.
"""

import ast
import configparser
import graphlib
import sys
from pathlib import Path

import pytest

from render.console import extra_with

ROOT = Path(__file__).resolve().parent.parent
AUDIO = {"audiomentations", "audioread", "av", "librosa", "pyworld", "soundfile", "soxr"}
FORBIDDEN = {
    "render": {"classify", "detect", "keras", "spoofsight", "streamlit", "tensorflow"},
    "classify": {"detect", "render", "spoofsight", "streamlit", *AUDIO},
    "detect": {"spoofsight"},  # and what is `KEPT` elsewhere
    "spoofsight": {"keras", "tensorflow", *AUDIO},
}
# What one part of `detect` alone may import.
KEPT = {
    "detect/web/app.py": {"streamlit"},
    "detect/service": {"prometheus_client", "starlette", "uvicorn"},
}
# What the project installs without any extra.
PREDICTION = {"av", "cv2", "joblib", "numpy", "onnxruntime", "scipy", "soundfile", "soxr", "tqdm"}
ABOVE = {"benchmarks", "tests"}  # nothing below may import these
# Rooms of a package: sub-packages and single modules. Each may import those that it names, and all
# that it names must stand below it.
ROOMS = {
    "render": {
        "__main__": "cli",
        "cli": "dataset worker preview arguments summary demo settings parallel hidden console",
        "dataset": "target manifest worker index summary spectrogram paths layouts axes recording "
        "settings png command parallel",
        "target": "manifest index summary layouts paths recording settings",
        "manifest": "index png decoding",
        "worker": "summary spectrogram paths recording png clips augmentation settings decoding "
        "console",
        "preview": "spectrogram axes png clips settings representations decoding",
        "index": "summary layouts recording splits",
        "copysynthesis": "layouts recording png vocoders splits parallel decoding console",
        "arguments": "layouts settings representations console",
        "summary": "recording png",
        "spectrogram": "spectra settings representations",
        "paths": "recording splits hidden",
        "layouts": "recording hidden",
        "demo": "png vocoders",
        "axes": "spectra settings representations",
        "spectra": "settings representations",
        "recording": "splits",
        "png": "settings decoding",
        "command": "settings",
        "clips": "settings decoding",
        "augmentation": "splits hidden",
        "vocoders": "",
        "splits": "",
        "settings": "representations console",
        "representations": "",
        "parallel": "",
        "downloads": "console",
        "decoding": "",
        "hidden": "",
        "console": "",
    },
    "classify": {
        "__main__": "cli",
        "cli": "training evaluation reports scorefiles prediction runs audit arguments settings "
        "backend console",
        "training": "reports scorefiles prediction metrics runs models audit data settings files "
        "backend probability class_names",
        "evaluation": "reports explanations scorefiles prediction metrics runs data files defaults "
        "text_table console",
        "reports": "explanations prediction metrics runs data files probability",
        "explanations": "prediction metrics runs data settings backend defaults",
        "scorefiles": "metrics files probability text_table class_names",
        "prediction": "metrics runs data probability class_names console",
        "metrics": "runs data files defaults console",
        "runs": "data files backend console",
        "models": "data settings",
        "audit": "data class_names console",
        "data": "settings text_table class_names console",
        "arguments": "settings help defaults console",
        "settings": "",
        "defaults": "",
        "help": "",
        "files": "",
        "text_table": "",
        "class_names": "",
        "backend": "",
        "probability": "",
        "console": "",
    },
    "detect": {
        "__main__": "cli",
        "cli": "batch figure_files labels window_table output detection stdin sources arguments",
        "batch": "output detection sources arguments",
        "web": "timeline output explanation detection segments sources duration address",
        "service": "output detection sources duration render_settings arguments address",
        "figure_files": "timeline explanation detection sources",
        "timeline": "detection sources overview",
        "labels": "detection segments sources",
        "window_table": "detection sources",
        "output": "detection segments sources",
        "explanation": "detection",
        "detection": "windows channels voice_activity segments sources render_settings",
        "channels": "voice_activity",
        "adaptation": "windows voice_activity sources render_settings",
        "windows": "voice_activity",
        "robustness": "sources render_settings",
        "samples": "stdin",
        "voice_activity": "",
        "stdin": "",
        "segments": "",
        "sources": "",
        "render_settings": "",
        "duration": "",
        "overview": "",
        "arguments": "",
        "address": "",
    },
    "spoofsight": {"__main__": "cli", "cli": "", "interface": ""},
}


# Each package has this module, as none of them may import the other's.
TWINS = ("render/console.py", "classify/console.py")


def imported(source):
    """Full names of all modules that a source text imports, wherever it does."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the package"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(package):
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", FORBIDDEN)
def test_packages_keep_to_their_side(package):
    for path in modules(package):
        roots = {name.split(".")[0] for name in imported(path.read_text())}
        kept = [names for part, names in KEPT.items() if not path.is_relative_to(ROOT / part)]
        forbidden = FORBIDDEN[package].union(ABOVE, *kept)
        assert not roots & forbidden, f"{path} imports {roots & forbidden}"


@pytest.mark.slow
def test_one_module_knows_what_keras_computes_with():
    backends = {"tensorflow", "jax", "torch"}
    importers = {
        path.relative_to(ROOT).as_posix()
        for package in FORBIDDEN
        for path in modules(package)
        if backends & {name.split(".")[0] for name in imported(path.read_text())}
    }
    assert importers == {"classify/backend.py"}


def rooms(package):
    """The rooms of a package, each with the others that it imports."""
    names = {path.stem for path in (ROOT / package).iterdir() if path.suffix in ("", ".py")}
    names -= {"__init__", "__pycache__", "recipes", "pretrained"}
    imports = {name: set() for name in names}
    for path in modules(package):
        room = path.relative_to(ROOT / package).parts[0].removesuffix(".py")
        for name in imported(path.read_text()):
            root, _, rest = name.partition(".")
            other = rest.split(".")[0]
            if root == package and other in names - {room} and room in names:
                imports[room].add(other)
    return imports


@pytest.mark.slow
@pytest.mark.parametrize("package", ROOMS)
def test_rooms_import_what_the_table_says_and_nothing_above_them(package):
    table = {room: set(text.split()) for room, text in ROOMS[package].items()}
    assert rooms(package) == table
    order = list(table)
    for room, others in table.items():
        assert all(order.index(other) > order.index(room) for other in others), room


def module_graph(package):
    """Imports between the modules of a package, by full names."""
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in modules(package)
    }
    return {
        name: {other for other in imported(path.read_text()) if other in paths} - {name, package}
        for name, path in paths.items()
    }


@pytest.mark.parametrize("package", ROOMS)
def test_no_modules_import_each_other_in_a_circle(package):
    graph = module_graph(package)
    assert len([*graphlib.TopologicalSorter(graph).static_order()]) >= len(graph) > 3


def test_twins_are_the_same():
    first, second = ((ROOT / twin).read_text() for twin in TWINS)
    assert first == second


@pytest.mark.slow
def test_every_package_that_is_imported_comes_with_an_extra_or_with_the_project(monkeypatch):
    # Of setup.cfg, not of what happens to be installed.
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    requirements = [
        f"{line}; extra == '{extra}'"
        for extra, lines in setup["options.extras_require"].items()
        for line in lines.split("\n")
    ]
    monkeypatch.setattr("importlib.metadata.requires", lambda name: requirements)
    paths = [path for package in FORBIDDEN for path in modules(package)]
    roots = {name.split(".")[0] for path in paths for name in imported(path.read_text())}
    roots -= {*FORBIDDEN, *sys.stdlib_module_names, *PREDICTION}
    assert {root for root in roots if not extra_with(root, "")} == {"jax", "torch"}


def test_the_reader_of_imports_sees_those_inside_functions():
    assert "librosa" in set(imported("def f():\n    import librosa"))
    assert "render.audio" in set(imported("if True:\n    from render import audio"))
