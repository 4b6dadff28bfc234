#!/bin/sh
# update-baseline.sh [BUILD_DIR]: writes tests/abi/baseline-X.Y.abi from a built libsextant.so. Run it once, at a release, with
# the release's own build (gcc, RelWithDebInfo); a baseline is never changed after its release.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${1:-$root/build}
so=$build/libsextant.so
command -v abidw >/dev/null 2>&1 || { echo "abidw is not installed (Debian: abigail-tools)" >&2; exit 1; }
readelf -S "$so" | grep -q '\.debug_info' || { echo "$so has no debug information: configure a debug or RelWithDebInfo build" >&2; exit 1; }
version=$(sed -n 's/^#define LLM_VERSION "\([0-9]*\.[0-9]*\)\..*/\1/p' "$root/include/sextant.h")
out=$here/baseline-$version.abi
abidw --headers-dir "$root/include" --drop-private-types --exported-interfaces-only --no-corpus-path --no-comp-dir-path \
    --no-show-locs --no-elf-needed --short-locs --type-id-style hash --out-file "$out" "$so"
echo "$out: $(grep -c '<function-decl' "$out") functions"
