#!/bin/sh
# fresh.sh FOLDER: makes a new module outside of this one in FOLDER, gets this one, builds the README's program in it and runs
# it: with pkg-config and libsextant.so, then with -tags sextant_static and no libsextant.so to be found. The transcript is
# printed. With SX_STATIC_LIBRARY, the archive to bundle; without it the second half is skipped.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$1/go_fresh
rm -rf "$work"
mkdir -p "$work/module" "$work/app"
cd "$work"
(cd "$here" && tar cf - --exclude=internal/raw/bundle .) | tar xf - -C module # as the module's archive would be unpacked
if [ -n "${SX_STATIC_LIBRARY:-}" ]; then
    echo "\$ sh bundle.sh $(basename "$SX_STATIC_LIBRARY")"
    (cd module && sh bundle.sh "$SX_STATIC_LIBRARY" "$here/../../include") || SX_STATIC_LIBRARY=
fi
cd app
cat >rules.md <<'END'
# House rules

## 1. Pets

Tenants may keep one dog of up to ten kilograms. Cats are welcome without a limit.

## 2. Noise

Between ten in the evening and six in the morning the house is quiet.
END
say() {
    echo "\$ $*"
    "$@"
}
say go mod init example.org/app 2>&1
cp "$here/examples/ask/main.go" main.go
say go mod edit -replace "sextant=../module"
say go get sextant 2>&1
say go mod tidy 2>&1
say go build -o ask .
say ./ask rules.md "How many kilograms may a dog have?" | tee answer
grep -q 'ten kilograms' answer
[ -n "${SX_STATIC_LIBRARY:-}" ] || { echo "SKIPPED: -tags sextant_static, because there are no archives to bundle"; exit 0; }
say env -u LD_LIBRARY_PATH -u PKG_CONFIG_PATH go build -tags sextant_static -o ask_static .
say env -u LD_LIBRARY_PATH ./ask_static rules.md "How many kilograms may a dog have?" | tee answer
grep -q 'ten kilograms' answer
say readelf -d ask_static | grep NEEDED | tee needed
! grep -q 'sextant\|sqlite\|sodium\|utf8proc\|stemmer' needed
rm -rf "$work"
