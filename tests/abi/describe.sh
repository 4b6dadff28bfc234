#!/bin/sh
# describe.sh LIBSEXTANT.SO INCLUDE_DIR OUT.abi: what a program can see of the library, as abidw writes it.
set -eu
abidw --headers-dir "$2" --drop-private-types --exported-interfaces-only --no-corpus-path --no-comp-dir-path \
    --no-show-locs --no-elf-needed --out-file "$3" "$1"
# where the sources lay when they were compiled is nobody's business
sed -i "s| path='[^']*/src/| path='src/|" "$3"
[ -s "$3" ] || { echo "abidw wrote nothing" >&2; exit 1; }
