#!/bin/sh
# abidiff.sh LIBSEXTANT.SO INCLUDE_DIR BASELINE: the library still offers what the last release did. Added functions and
# structs that grew at their end pass; anything else that a program built against the release would notice fails. Skips (77)
# with the reason when it cannot be judged.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
so=$1 include=$2 baseline=$3
command -v abidiff >/dev/null 2>&1 || { echo "SKIP: abidiff is not installed (Debian: abigail-tools)"; exit 77; }
[ -f "$baseline" ] || { echo "SKIP: no baseline $baseline yet (tests/abi/update-baseline.sh makes it at a release)"; exit 77; }
readelf -S "$so" | grep -q '\.debug_info' || { echo "SKIP: $so has no debug information (build with -g)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sh "$here/describe.sh" "$so" "$include" "$work/now.abi"
status=0
abidiff --no-added-syms "$baseline" "$work/now.abi" >"$work/report" || status=$?
cat "$work/report"
# bits of the status: 1 error, 2 wrong usage, 4 something changed, 8 certainly incompatible
if [ $((status & 11)) -ne 0 ]; then
    echo "the ABI of the release is broken, or abidiff could not tell (status $status): see above"
    exit 1
fi
# a change that is none of ours: anything but a struct that grew at its end
if grep -E "offset changed|name changed|size hasn't changed|data member changes?:|deletion|was removed|\[D\]" "$work/report" >"$work/breaks"; then
    echo "the ABI of the release is broken:"
    cat "$work/breaks"
    exit 1
fi
echo "compatible with $(basename "$baseline")"
