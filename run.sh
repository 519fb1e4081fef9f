#!/usr/bin/env bash
# Every command that a person or continuous integration uses, one short function each.
set -euo pipefail
unset PYTHONHOME # it is for another Python

file=${BASH_SOURCE[0]}
while [[ -L $file ]]; do # to where links to this file lead; readlink -f is not everywhere
  link=$(readlink "$file")
  if [[ $link == /* ]]; then file=$link; else file=$(dirname "$file")/$link; fi
done
root=$(unset CDPATH && cd "$(dirname "$file")" && pwd)
venv=$root/.venv
python=$venv/bin/python

help() { # the verbs
  cat <<'END'
Spoofsight: tells real speech from generated speech by looking at its spectrograms.

  ./run.sh demo                              the whole way on a demonstration corpus
  ./run.sh fetch    [NAME]   [--to DIR]      a public dataset; without NAME, which there are
  ./run.sh forge    REAL     --to FAKE       resynthesised copies of real recordings
  ./run.sh render   [AUDIO]  [--to IMAGES]   recordings to pictures   datasets/audio -> datasets/images
  ./run.sh train    [IMAGES] [--to RUN]      pictures to a network    datasets/images -> checkpoints/default
  ./run.sh evaluate [IMAGES] [--run RUN]     how good it is on the test split
  ./run.sh adapt    AUDIO    --to RUN        a run made your own with some recordings of your channel
  ./run.sh detect   AUDIO... [--run RUN]     recordings to verdicts; - is standard input
  ./run.sh page     [--run RUN]              the same in the browser
  ./run.sh serve    [--run RUN]              the same over HTTP, for programs
  ./run.sh predict  IMAGE... [--run RUN]     pictures, folders or patterns to verdicts
  ./run.sh score    SCORES [--keys KEYS]     metrics of any system's score file
  ./run.sh compare  RUN_A RUN_B [IMAGES]     which of two runs is better, with a paired test
  ./run.sh audit    [IMAGES]                 which confounders tell the classes apart: codec, level, length ...
  ./run.sh install                           make .venv with all of it; every other verb installs there
                                             what it needs, when it needs it
  ./run.sh lint                              ruff and mypy
  ./run.sh test [--fast] [PYTEST ARGUMENTS]  lint, then every test, as continuous integration does;
                                             --fast leaves out the slow ones
  ./run.sh bench NAME [ARGUMENTS]            a benchmark: ablation, adapt, adapt_strength,
                                             calibrate_codecs, calibrate_segments, cases,
                                             convergence, detect_long, detect_many, first_verdict,
                                             fuzz, input_pipeline, long_recording, model_card,
                                             models, peers, predict_speed, pretrained, render_jobs,
                                             render_scale, render_speed, serve_load, splices

Every verb but demo, install, lint and test has --help, bench NAME too.
END
}

fail() {
  printf 'run.sh: %s\n' "$*" >&2
  exit 2
}

find_python() { # prints the first Python that is supported
  local candidate version seen=none
  for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
    version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    case $version in 3.11 | 3.12 | 3.13) printf '%s\n' "$candidate" && return ;; esac
    seen="$candidate, which is Python $version"
  done
  fail "expected Python 3.11, 3.12 or 3.13, got $seen"
}

install() { # all that any verb needs
  require render classify detect page serve dask parquet fetch tensorboard test
}

require() { # extras; idempotent: a stamp newer than what it was made from means that an extra is there
  local extra base cost missing="" stamps=()
  for extra in "$@"; do
    local stamp=$venv/installed-$extra
    if [[ $stamp -nt $root/setup.cfg && $stamp -nt $root/constraints.txt ]]; then continue; fi
    missing+=,$extra
    stamps+=("$stamp")
  done
  if [[ -z $missing ]]; then return; fi
  case $missing, in # disk of an environment that holds nothing else
    *,test,*) cost="3.5 GB; this takes a few minutes" ;;
    *,classify,*) cost="2.6 GB; this takes a few minutes" ;;
    *,render,* | *,page,*) cost="0.9 GB; this takes a minute" ;;
    *) cost="0.6 GB; this takes a minute" ;;
  esac
  base=$(find_python) || exit 2
  printf 'run.sh: installing into %s, about %s, once\n' "$venv" "$cost" >&2
  pip_install "$base" -c "$root/constraints.txt" -e "$root[${missing#,}]"
  touch "${stamps[@]}"
}

pip_install() { # what pip is told, into .venv, made of a Python; with uv or else with pip
  # Most modules are never imported; the others are compiled when they are, if that may be kept.
  local base=$1 never=${PYTHONDONTWRITEBYTECODE:-}
  shift
  if command -v uv >/dev/null; then
    uv venv --quiet --allow-existing --python "$base" "$venv" >&2
    uv pip install --python "$python" ${never:+--compile-bytecode} "$@" >&2
    return
  fi
  # With the pip of the Python outside: to copy pip takes as long as to install a third of the rest.
  local pip=("$base" -m pip --python "$python")
  [[ -x $python ]] || "$base" -m venv --without-pip "$venv" >&2
  if ! "${pip[@]}" --version >/dev/null 2>&1; then
    pip=("$python" -m pip)
    "$python" -m ensurepip >&2
  fi
  local compile=--no-compile
  [[ -z $never ]] || compile=--compile
  PIP_USER=0 "${pip[@]}" install $compile --disable-pip-version-check "$@" |
    grep --line-buffered -E '^ *(Collecting|Downloading|Installing|Successfully)' >&2
}

module() { # a module of the project, whatever the current folder and the locale are
  [[ ! -d /dev/stdin ]] || fail "expected a file or a pipe on standard input, got a folder"
  PYTHONPATH=$root PYTHONSAFEPATH=1 PYTHONUTF8=1 exec "$python" -m "$@"
}

run() { # with the project's own folders as defaults
  SPOOFSIGHT_HOME=$root module "$@"
}

# Each verb installs what it needs, and no more.
fetch() { require fetch; run render.downloads.cli "$@"; }
forge() { require render; run render.copysynthesis.cli "$@"; }
render() { require render dask; run render "$@"; }
train() {
  case " $* " in *" --te"*) require classify tensorboard ;; *) require classify ;; esac
  run classify train "$@"
}
evaluate() { # as classify evaluate, and sounds too with --robustness
  case " $* " in *" --ro"*) require classify render ;; *) require classify ;; esac
  run detect.robustness.cli "$@"
}
adapt() { require classify render; run detect.adaptation.cli "$@"; }
detect() { # Dask and Parquet, too, where they are asked for
  local extras=(detect)
  [[ " $* " != *" --e"*dask* ]] || extras+=(dask)
  [[ " $* " != *.parquet" "* ]] || extras+=(parquet)
  require "${extras[@]}"
  run detect "$@"
}
page() { require detect page; run detect.web.server "$@"; }
serve() { require detect serve; run detect.service.cli "$@"; }
predict() { require detect; run classify predict "$@"; }
score() { require classify; run classify score "$@"; }
compare() { require classify; run classify compare "$@"; }
audit() { require classify; run classify audit "$@"; }

demo() { # render, train, evaluate and predict on sounds that the project makes itself
  (($# == 0)) || fail "expected demo alone, got demo $*"
  install
  local images=$root/datasets/demo/images run=$root/checkpoints/demo
  "$root/run.sh" render --demo --to "$images"
  "$root/run.sh" train "$images" --epochs 20 --to "$run" --overwrite
  "$root/run.sh" evaluate "$images" --run "$run"
  "$root/run.sh" predict --run "$run" "$(first "$images/test/real")" "$(first "$images/test/fake")"
  "$root/run.sh" detect --run "$run" "$root/datasets/demo/audio/test/fake/0-0320.flac"
  printf 'the report is %s\n' "$run/report/index.html"
}

first() { # the first picture of a folder
  local pictures=("$1"/*.png)
  printf '%s\n' "${pictures[0]}"
}

lint() {
  install
  cd "$root"
  "$python" -m ruff check .
  "$python" -m ruff format --check .
  "$python" -m mypy
}

test() { # --fast, as the first argument, leaves out what is marked slow
  local marked=()
  if [[ ${1:-} == --fast ]]; then
    marked=(-m "not slow")
    shift
  fi
  lint
  # Two workers on two cores: more threads of TensorFlow only wait for each other.
  TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
    "$python" -m pytest --numprocesses 2 --dist loadfile ${marked[@]+"${marked[@]}"} "$@"
}

bench() {
  install
  local name=${1:-}
  [[ -n $name && (-f $root/benchmarks/$name.py || -f $root/benchmarks/$name/__main__.py) ]] ||
    fail "expected a benchmark, got ${name:-none}; ./run.sh help lists them"
  shift
  module "benchmarks.$name" "$@"
}

verb=${1:-help}
case $verb in
  -h | --help) help ;;
  help | install | demo | fetch | forge | render | train | evaluate | adapt | detect | page | serve | predict | score | compare | audit | lint | test | bench)
    shift || true
    "$verb" "$@"
    ;;
  *) fail "expected a verb, got $verb; ./run.sh help lists them" ;;
esac
