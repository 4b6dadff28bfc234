#!/bin/sh
# update-baseline.sh [BUILD_DIR]: writes tests/abi/baseline-X.Y.abi from a built libsextant.so. Run it once, at a release, with
# the release's own build (gcc, RelWithDebInfo); a baseline is never changed after its release.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
so=${1:-$root/build}/libsextant.so
command -v abidw >/dev/null 2>&1 || { echo "abidw is not installed (Debian: abigail-tools)" >&2; exit 1; }
readelf -S "$so" | grep -q '\.debug_info' || { echo "$so has no debug information: build RelWithDebInfo" >&2; exit 1; }
version=$(sed -n 's/^#define LLM_VERSION  *"\([0-9]*\.[0-9]*\)\..*/\1/p' "$root/include/sextant.h")
out=$here/baseline-$version.abi
sh "$here/describe.sh" "$so" "$root/include" "$out"
echo "$out: $(grep -c '<function-decl' "$out") functions, $(wc -c <"$out") bytes"
