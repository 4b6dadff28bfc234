#!/bin/sh
# build-deb.sh [OUT]: builds the Debian packages of this source tree into OUT (default: build-deb), from a copy of what git
# tracks. The list of symbols is made from tests/abi: what a release had stays with that release. Needs the packages of
# packaging/debian/control's Build-Depends, and dpkg-dev, debhelper, dh-python, fakeroot.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$root/build-deb}
mkdir -p "$out"
out=$(cd "$out" && pwd)
version=$(sed -n 's/^#define LLM_VERSION  *"\(.*\)"/\1/p' "$root/include/sextant.h")
work=$out/sextant-$version
rm -rf "$work"
mkdir "$work"
(cd "$root" && git ls-files -z | xargs -0 tar cf - ) | tar xf - -C "$work"
cp -r "$root/packaging/debian" "$work/debian"

symbols=$work/debian/libsextant0.symbols
{
    echo 'libsextant.so.0 libsextant0 #MINVER#'
    echo ' SEXTANT_0@SEXTANT_0 0.1.0'
    grep '^llm_' "$root/tests/abi/symbols.txt" | LC_ALL=C sort | while read -r name; do
        since=$version
        for release in 0.2 0.1; do
            ! grep -q "elf-symbol name='$name'" "$root/tests/abi/baseline-$release.abi" || since=$release.0
        done
        echo " $name@SEXTANT_0 $since"
    done
} >"$symbols"

head -n 1 "$work/debian/changelog" | grep -q "($version)" || {
    echo "build-deb.sh: packaging/debian/changelog is not of version $version" >&2
    exit 1
}
(cd "$work" && dpkg-buildpackage -us -uc -b "${DEB_BUILD_ARGS:--j2}")
rm -rf "$work"
ls -1 "$out"/*.deb
