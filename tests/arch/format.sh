#!/bin/sh
# format.sh [--fix]: every C file of the project is as clang-format leaves it (.clang-format). --fix rewrites what differs.
set -eu
cd "$(dirname "$0")/../.."
command -v clang-format >/dev/null 2>&1 || { echo "SKIP: clang-format is not installed"; exit 77; }
case $(clang-format --version) in
*"version 14."*) ;;
*) echo "SKIP: the files are formatted for clang-format 14, here is $(clang-format --version)"; exit 77 ;;
esac
differing=0 total=0
for file in $(find include src tests examples bindings -name build -prune -o \( -name '*.c' -o -name '*.h' -o -name '*.cc' -o -name '*.cpp' \) -print 2>/dev/null | sort); do
    case $file in
    bindings/go/internal/raw/*) continue ;; # written by SWIG
    examples/ask.c) continue ;;             # held letter by letter to the program in sextant.h
    tests/abi/0.1/*) continue ;;            # as that release had it
    esac
    total=$((total + 1))
    if ! clang-format "$file" | cmp -s - "$file"; then
        differing=$((differing + 1))
        if [ "${1:-}" = --fix ]; then
            clang-format -i "$file"
            echo "formatted $file"
        else
            echo "$file differs: run tests/arch/format.sh --fix"
        fi
    fi
done
echo "$total files, $differing differ"
[ "${1:-}" = --fix ] || [ $differing -eq 0 ]
