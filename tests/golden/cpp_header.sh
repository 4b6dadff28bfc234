#!/bin/sh
# cpp_header.sh SOURCE BUILD LIBSEXTANT MODEL COMPILER...: sextant.hpp with every C++ compiler that is there: clean under all
# warnings as C++17 and C++23, also without RTTI; one clear sentence without exceptions and for older C++; in two files of one
# program; cpp.cpp and cpp_model.cpp built and run.
set -eu
source=$1 build=$2 library=$3 model=$4
shift 4
work=$build/tests/cpp_header
rm -rf "$work"
mkdir -p "$work"
fail() { echo "cpp_header: $*" >&2; exit 1; }
LD_LIBRARY_PATH=$(dirname "$library")
export LD_LIBRARY_PATH
echo '#include <sextant.hpp>' >"$work/all.cpp"
printf '#include <sextant.hpp>\nstd::size_t other();\nstd::size_t other() { return sextant::version().size(); }\n' >"$work/other.cpp"
flags="-I$source/include -Wall -Wextra -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor -pedantic -Werror"
ran=0
for compiler; do
    command -v "$compiler" >/dev/null || { echo "SKIPPED in part: there is no $compiler"; continue; }
    "$compiler" -std=c++2b -fno-rtti $flags -fsyntax-only "$work/all.cpp" || fail "$compiler, C++23 without RTTI"
    for without in '-std=c++17 -fno-exceptions' -std=c++14; do
        if "$compiler" $without -I"$source/include" -E "$work/all.cpp" >"$work/out" 2>"$work/said"; then
            fail "$compiler takes it with $without"
        fi
        grep -q 'error.*\(there is\|use\) sextant\.h' "$work/said" || fail "$without: $(head -n 3 "$work/said")"
    done
    "$compiler" -std=c++17 $flags "$source/tests/golden/cpp.cpp" "$work/other.cpp" "$library" -o "$work/cpp"
    "$work/cpp" || fail "$compiler, cpp.cpp"
    "$compiler" -std=c++20 $flags "$source/tests/golden/cpp_model.cpp" "$library" -o "$work/cpp_model"
    "$work/cpp_model" "$model" "$work" || fail "$compiler, cpp_model.cpp"
    ran=$((ran + 1))
done
[ $ran -gt 0 ] || { echo "SKIPPED: there is no C++ compiler"; exit 77; }
echo "$ran compilers"
