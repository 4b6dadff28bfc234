#!/bin/sh
# bundle.sh [LIBSEXTANT.A [INCLUDE]]: puts the library into the module, for `go build -tags sextant_static`: libsextant.a (default:
# the one pkg-config knows) with sextant.h, and one archive of the libraries it needs (their development packages must have
# archives, as Debian's do). The folder internal/raw/bundle is what a release of the module ships; git ignores it.
set -eu
cd "$(dirname "$0")"
archive=${1:-$(pkg-config --variable=libdir sextant)/libsextant.a}
include=${2:-$(pkg-config --variable=includedir sextant)}
folder=internal/raw/bundle/$(go env GOOS)_$(go env GOARCH)
cc=$(go env CC)
rm -rf "$folder"
mkdir -p "$folder" internal/raw/bundle/include
cp "$include/sextant.h" internal/raw/bundle/include/
strip --strip-debug -o "$folder/libsextant.a" "$archive" 2>/dev/null || cp "$archive" "$folder/libsextant.a"
{
    echo "CREATE $folder/libneeds.a"
    for name in sqlite3 sodium utf8proc stemmer; do
        path=$($cc -print-file-name=lib$name.a)
        [ -f "$path" ] || { echo "bundle.sh: lib$name.a is not installed" >&2; exit 3; }
        echo "ADDLIB $path"
    done
    echo SAVE
    echo END
} >"$folder/script"
ar -M <"$folder/script"
rm "$folder/script"
ls -l "$folder" | awk 'NR > 1 {print $5, $9}'
