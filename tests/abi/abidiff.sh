#!/bin/sh
# abidiff.sh LIBSEXTANT.SO HEADER_DIR BASELINE: the library still offers what the last release did. Additions pass; anything
# that a program built against the release would notice fails. Exit 77 (skip, with the reason) when it cannot be judged.
set -eu
so=$1 headers=$2 baseline=$3
command -v abidiff >/dev/null 2>&1 || { echo "SKIP: abidiff is not installed (Debian: abigail-tools)"; exit 77; }
[ -f "$baseline" ] || { echo "SKIP: no baseline $baseline yet (tests/abi/update-baseline.sh makes it at a release)"; exit 77; }
readelf -S "$so" | grep -q '\.debug_info' || { echo "SKIP: $so has no debug information (build with -g)"; exit 77; }
status=0
abidiff --headers-dir2 "$headers" --drop-private-types --no-added-syms "$baseline" "$so" || status=$?
# bits: 1 error, 2 usage, 4 change, 8 incompatible change
if [ $((status & 3)) -ne 0 ]; then
    echo "abidiff itself failed (exit $status)"
    exit 1
fi
if [ $((status & 8)) -ne 0 ]; then
    echo "the ABI of the last release is broken: see above"
    exit 1
fi
[ $status -eq 0 ] || { echo "the ABI changed in a way that needs a look: see above"; exit 1; }
echo "compatible with $baseline"
