#!/bin/sh
# try-chroot.sh DEBS [MIRROR]: a clean Debian 12 by debootstrap, the packages of the folder DEBS installed in it by apt with what
# they depend on, and there the demo, a question to each kind of document, the Python module, a program built against the
# development package, and the removal of it all. Needs root, debootstrap and a mirror.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
debs=$(cd "$1" && pwd)
mirror=${2:-http://deb.debian.org/debian}
[ "$(id -u)" = 0 ] || { echo "try-chroot.sh: debootstrap needs root" >&2; exit 77; }
command -v debootstrap >/dev/null || { echo "try-chroot.sh: debootstrap is missing (Debian: debootstrap)" >&2; exit 77; }
work=$(mktemp -d)
clean() {
    umount "$work/root/proc" 2>/dev/null || true
    rm -rf --one-file-system "$work"
}
trap clean EXIT
say() { printf '\n== %s\n' "$*"; }

say "debootstrap"
debootstrap --variant=minbase bookworm "$work/root" "$mirror" >"$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }
inside() { chroot "$work/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
apt() { inside apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >"$work/log" 2>&1 || { tail -n 30 "$work/log"; exit 1; }; }
mount -t proc proc "$work/root/proc" 2>/dev/null || true
mkdir -p "$work/root/debs" "$work/root/tree/examples"
cp "$debs"/*.deb "$work/root/debs"
cp "$root/examples/demo.sh" "$work/root/tree/examples"
cp "$root/packaging/try.sh" "$work/root/tree"
before=$(inside dpkg-query -f '${Package}\n' -W | wc -l)

say "the command and its library, with what they pull in"
apt update
inside sh -c 'cd /debs && ls -- *_*.deb'
apt install $(cd "$debs" && ls -- *.deb | grep -v dbgsym | grep '^libsextant0_\|^sextant_\|^libsextant-readers_' | sed 's|^|/debs/|')
inside dpkg -s libsextant0 sextant | grep -E '^(Package|Version|Installed-Size|Depends)'
echo "packages: $before before, $(inside dpkg-query -f '${Package}\n' -W | wc -l) after"
inside sh /tree/examples/demo.sh --installed

say "the rest: Python, development files, a compiler"
apt install $(cd "$debs" && ls -- *.deb | grep -v dbgsym | grep '^libsextant-dev_\|^python3-sextant_' | sed 's|^|/debs/|') gcc libc6-dev pkg-config
inside sh /tree/try.sh
inside dpkg --verify libsextant0 libsextant-dev libsextant-readers sextant python3-sextant

say "removal"
apt purge libsextant0 libsextant-dev libsextant-readers sextant python3-sextant
left=$(inside find / -xdev -iname '*sextant*' -not -path '/debs/*' -not -path '/tree/*' -not -path '/proc/*' -not -path '/var/lib/apt/*')
[ -z "$left" ] || { echo "left behind: $left"; exit 1; }
echo "nothing is left behind"
