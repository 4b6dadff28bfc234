#!/bin/sh
# try-conan.sh: the conan recipe creates the package shared and static, and a stranger's project uses each. Conan comes from
# PyPI into a virtual environment; its home is a folder of this run. Needs the packages of tests/install-deps.sh build.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" -q install 'conan>=2,<3'
CONAN_HOME=$work/home
export CONAN_HOME
conan() { "$work/venv/bin/conan" "$@" >"$work/log" 2>&1 || { grep -i 'error' "$work/log" | head -n 20; tail -n 20 "$work/log"; exit 1; }; }
conan profile detect
mkdir -p "$work/source" # what git tracks, so that nothing of a build folder comes along
(cd "$root" && git ls-files -z | xargs -0 tar cf - ) | tar xf - -C "$work/source"
cp "$root/examples/ask.c" "$work/source/packaging/conan/test_package"
for shared in True False; do
    conan create "$work/source/packaging/conan" -o "sextant/*:shared=$shared" -o "sextant/*:tool=$shared"
    grep -q "seven in the morning" "$work/log" || { tail -n 30 "$work/log"; exit 1; }
    if [ $shared = True ]; then grep -h 'Package folder' "$work/log" | tail -n 1; fi
    echo "conan create, shared=$shared: built, and a stranger's project answers from it"
done
