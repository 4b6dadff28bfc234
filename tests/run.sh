#!/bin/sh
# Installs what is missing, builds, and runs every test. Usage: sh tests/run.sh [CTEST ARGUMENTS...]
#   SEXTANT_BUILD=folder   build there instead of build/
#   SEXTANT_BINDINGS=no    leave out the Python and Go bindings
# Ends with one line that says how it went; the exit status is 0 only when every test passed.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${SEXTANT_BUILD:-$root/build}
cd "$root"
began=$(date +%s)

say() {
    echo "== $*"
}
ended() {
    status=$?
    [ $status -eq 0 ] || echo "FAILED after $(($(date +%s) - began)) s ($step)"
}
step='starting'
trap ended EXIT

step='installing packages'
say "packages"
bindings=${SEXTANT_BINDINGS:-yes}
if [ "$bindings" = yes ]; then
    sh tests/install-deps.sh all
else
    sh tests/install-deps.sh build test
fi

step='configuring'
say "configuring $build"
generator=
[ -f "$build/CMakeCache.txt" ] || generator='-G Ninja'
on=OFF
[ "$bindings" = yes ] && on=ON
cmake -S "$root" -B "$build" $generator -DSEXTANT_BUILD_TESTS=ON -DSEXTANT_BUILD_EXAMPLES=ON -DSEXTANT_BUILD_BINDINGS=$on \
    >"$root/.run-sh.log" 2>&1 || { cat "$root/.run-sh.log"; rm -f "$root/.run-sh.log"; exit 1; }
rm -f "$root/.run-sh.log"

step='building'
cores=$(nproc 2>/dev/null || echo 2)
say "building on $cores cores"
cmake --build "$build" --parallel "$cores"

step='testing'
say "testing"
[ -d "$root/../shared" ] || echo "   (no ../shared: tests that need it are skipped, each says so)"
ctest --test-dir "$build" --output-on-failure --parallel "$cores" "$@"
echo "PASSED: built and tested in $(($(date +%s) - began)) s; the library is $build/libsextant.so, the command $build/sextant"
