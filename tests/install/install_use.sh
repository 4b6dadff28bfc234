#!/bin/sh
# install_use.sh CMAKE BUILD SOURCE LIBDIR: installs the build, moves the installed tree elsewhere, and builds examples/ask.c
# from it through find_package, through pkg-config, and through pkg-config --static, as C and as C++. Each is run.
set -eu
cmake=$1
build=$2
source=$3
libdir=$4

work=$build/tests/install_use
rm -rf "$work"
mkdir -p "$work"
fail() { echo "install_use: $*" >&2; exit 1; }

DESTDIR=$work/stage "$cmake" --install "$build" --prefix /opt/sextant >"$work/install.log"
mv "$work/stage/opt/sextant" "$work/moved"
prefix=$work/moved

[ -f "$prefix/include/sextant.h" ] || fail "the header is not installed"
[ -f "$prefix/$libdir/libsextant.a" ] || fail "the archive is not installed"
[ -L "$prefix/$libdir/libsextant.so" ] && [ -L "$prefix/$libdir/libsextant.so.0" ] && \
    [ -f "$prefix/$libdir/libsextant.so.0.3.0" ] || fail "libsextant.so, .so.0 and .so.0.3.0 are not as they should be"
readelf -d "$prefix/$libdir/libsextant.so" | grep -q 'SONAME.*\[libsextant\.so\.0\]' || fail "the SONAME is not libsextant.so.0"
readelf -d "$prefix/$libdir/libsextant.so" | grep -Eq 'R(UN)?PATH' && fail "the installed library has an RPATH"
for file in include/sextant.hpp bin/sextant share/man/man1/sextant.1 share/man/man3/sextant.3 \
    share/bash-completion/completions/sextant share/zsh/vendor-completions/_sextant; do
    [ -f "$prefix/$file" ] || fail "$file is not installed"
done
if command -v groff >/dev/null; then
    for page in man1/sextant.1 man3/sextant.3; do
        said=$(groff -man -ww -z "$prefix/share/man/$page" 2>&1)
        [ -z "$said" ] || fail "$page: $said"
    done
fi
leaks=$(nm -g --defined-only "$prefix/$libdir/libsextant.a" | awk 'NF == 3 && $3 !~ /^llm_/ {print $3}')
[ -z "$leaks" ] || fail "the archive defines $leaks"
grep -rq "$build\|$source" "$prefix/$libdir/cmake" "$prefix/$libdir/pkgconfig" && fail "an installed file names the build folder"

printf '# Hours\n\nThe harbour office opens at seven in the morning.\n' >"$work/hours.md"
try() {
    name=$1
    shift
    LD_LIBRARY_PATH=$prefix/$libdir "$@" "$work/hours.md" "When does the harbour office open?" >"$work/answer" || \
        fail "$name does not run"
    grep -q "seven in the morning" "$work/answer" || fail "$name answers: $(cat "$work/answer")"
    echo "ok: $name"
}
needs_library() { readelf -d "$1" | grep -q 'NEEDED.*libsextant'; }

# components() WHAT FIND_PACKAGE_ARGUMENTS TARGETS: configures; the log stays in components.log
components() {
    rm -rf "$work/components"
    "$cmake" -S "$source/tests/install/components" -B "$work/components" -DCMAKE_PREFIX_PATH="$1" -DASK="$2" -DTARGETS="${3:-}" \
        >"$work/components.log" 2>&1
}
# CMake breaks its lines where the length of a path makes it
told() { tr -s ' \n' ' ' <"$work/components.log" | grep -q "$1"; }
components "$prefix" '0.3 REQUIRED COMPONENTS shared static cli' \
    'sextant::sextant;sextant::shared;sextant::sextant_static;sextant::cli' || fail "components: $(cat "$work/components.log")"
if ls "$prefix/$libdir"/sextant/libsextant-read-*.so >/dev/null 2>&1; then
    components "$prefix" 'REQUIRED COMPONENTS readers' && told "readers=$prefix" || fail "no component readers"
fi
components "$prefix" '0.1 REQUIRED' || fail "version 0.1 is not satisfied"
components "$prefix" '1.0 REQUIRED' && fail "version 1.0 is satisfied"
components "$prefix" '0.4 REQUIRED' && fail "version 0.4 is satisfied"
components "$prefix" 'REQUIRED COMPONENTS shared sails' && fail "a component that does not exist is found"
told 'There is no component sails' || fail "no sentence: $(cat "$work/components.log")"
components "$prefix" 'COMPONENTS sails' || fail "an optional package stops the project"
told 'found=FALSE\|found=0' || fail "found without its component"
cp -r "$prefix" "$work/archive" # a machine that has the archive alone
rm -f "$work/archive/$libdir"/libsextant.so* "$work/archive/bin/sextant"
components "$work/archive" 'REQUIRED COMPONENTS static' sextant::sextant || fail "the archive alone: $(cat "$work/components.log")"
components "$work/archive" 'REQUIRED COMPONENTS cli' && fail "the command is found where it is not"
told 'cli: the command is not in' || fail "no sentence: $(cat "$work/components.log")"
rm -rf "$work/archive"
echo "ok: components"

"$cmake" -S "$source/tests/install/project" -B "$work/project" -DCMAKE_PREFIX_PATH="$prefix" -DASK="$source/examples/ask.c" \
    >"$work/configure.log" || { cat "$work/configure.log" >&2; fail "find_package does not configure"; }
"$cmake" --build "$work/project" >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; fail "find_package does not build"; }
for language in c cxx; do
    try "find_package, shared, $language" "$work/project/ask_${language}_sextant"
    try "find_package, static, $language" "$work/project/ask_${language}_sextant_static"
    needs_library "$work/project/ask_${language}_sextant" || fail "the shared program does not use the shared library"
    needs_library "$work/project/ask_${language}_sextant_static" && fail "the static program uses the shared library"
done

PKG_CONFIG_PATH=$prefix/$libdir/pkgconfig
export PKG_CONFIG_PATH
[ "$(pkg-config --modversion sextant)" = 0.3.0 ] || fail "pkg-config gives a wrong version"
pkg-config --libs sextant | grep -q sqlite && fail "pkg-config --libs names what only --static needs"
cp "$source/examples/ask.c" "$work/ask.cpp"
for language in c cxx; do
    case $language in
    c) compile="${CC:-cc} -std=c11 $source/examples/ask.c" ;;
    cxx) compile="${CXX:-c++} -std=c++11 $work/ask.cpp" ;;
    esac
    $compile -o "$work/ask_$language" $(pkg-config --cflags --libs sextant)
    try "pkg-config, shared, $language" "$work/ask_$language"
    # a machine has both forms of the library, so the archive is asked for by its whole name
    $compile -o "$work/ask_static_$language" $(pkg-config --static --cflags --libs sextant | sed 's/-lsextant/-l:libsextant.a/')
    try "pkg-config --static, $language" "$work/ask_static_$language"
    needs_library "$work/ask_static_$language" && fail "the static program uses the shared library"
done
exit 0
