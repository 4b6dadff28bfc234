#!/bin/sh
# reference.sh [OUT]: the API reference as HTML in OUT/html (default: build/reference). Fails on any warning of Doxygen's.
set -eu
cd "$(dirname "$0")/.."
command -v doxygen >/dev/null || { echo "SKIP: doxygen is not installed (Debian: doxygen)"; exit 77; }
out=${1:-build/reference}
mkdir -p "$out"
version=$(sed -n 's/^#define LLM_VERSION  *"\(.*\)"/\1/p' include/sextant.h)
{ cat docs/Doxyfile; echo "OUTPUT_DIRECTORY = $out"; echo "PROJECT_NUMBER = $version"; } | doxygen -
[ -f "$out/html/index.html" ]
# a name of the header that the reference lacks would be a hole in it
for name in $(grep -v '^#' tests/abi/symbols.txt); do
    grep -q "$name" "$out"/html/*.html || { echo "reference.sh: $name is missing"; exit 1; }
done
echo "$out/html/index.html"
