#!/bin/sh
# install-deps.sh SET...: installs the Debian packages of each SET that are missing, or says what to install.
#   build      the compiler, CMake and the libraries that libsextant.so and the command need
#   readers    what the reader plugins need: HTML, DOCX, EPUB (libxml2, libzip) and PDF (poppler)
#   test       what the tests need besides
#   bindings   what the Python and Go bindings need besides
#   all        all of the above
#   check      what .ci/run needs besides: the other compiler, sanitizers, checkers
#   hosts      the programs that the plugins of examples/ are tested in; without them those tests are skipped
#   package    what building the Debian packages and the wheel needs besides
# Needs root or sudo only when something is missing. --list prints the packages and installs nothing.
set -eu

build='build-essential cmake ninja-build pkg-config libsqlite3-dev libsodium-dev libutf8proc-dev libjansson-dev libstemmer-dev'
readers='libxml2-dev libzip-dev libpoppler-glib-dev'
tests='libcmocka-dev python3'
bindings='swig python3-dev golang-go'
check='clang clang-tidy clang-format libclang-rt-14-dev abigail-tools doxygen valgrind python3-numpy python3-jinja2 python3-jsonschema'
hosts='sqlite3 postgresql-15 postgresql-server-dev-15 luajit nginx nginx-dev wrk'
package="$build $readers $bindings libcmocka-dev debhelper dh-python dpkg-dev fakeroot lintian debootstrap python3-venv"

list=no
want=
for set in "$@"; do
    case $set in
    build) want="$want $build" ;;
    readers) want="$want $readers" ;;
    test) want="$want $tests" ;;
    bindings) want="$want $bindings" ;;
    check) want="$want $check" ;;
    hosts) want="$want $hosts" ;;
    package) want="$want $package" ;;
    all) want="$want $build $readers $tests $bindings" ;;
    --list) list=yes ;;
    *) echo "install-deps.sh: no set '$set'; there are build, readers, test, bindings, check, hosts, package and all" >&2; exit 2 ;;
    esac
done
[ -n "$want" ] || { echo "usage: install-deps.sh [--list] build|readers|test|bindings|check|hosts|package|all..." >&2; exit 2; }
[ $list = no ] || { echo $want; exit 0; }

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    echo "This is not a Debian system, so nothing was installed. Sextant needs what Debian calls:" >&2
    echo "   $want" >&2
    echo "Install these with your own package manager, then build with cmake -S . -B build && cmake --build build." >&2
    exit 3
fi

missing=
for package in $want; do
    installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    as_root=sudo
else
    echo "These packages are missing, and neither root nor sudo is at hand to install them. Run as root:" >&2
    echo "    apt-get install$missing" >&2
    exit 3
fi

echo "Installing from Debian:$missing"
# A first try without fetching the package lists: fast where they are fresh, and it works without a network mirror.
try() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! try >"$log" 2>&1; then
    if ! { $as_root apt-get update -qq && try; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo "The packages could not be installed; apt-get's last lines stand above." >&2
        exit 3
    fi
fi
