#!/bin/sh
# check_header.sh INCLUDE_DIR: sextant.h compiles alone as C99, C11, C17, C++11 and C++17 with every warning an error, with
# each compiler there is; includes nothing but stddef.h and stdint.h; and two files that include it link into one program.
set -eu
include=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for name in $(sed -n 's/^#include *<\(.*\)>.*/\1/p' "$include/sextant.h"); do
    case $name in
    stddef.h | stdint.h) ;;
    *) echo "sextant.h includes <$name>; only stddef.h and stdint.h may be"; exit 1 ;;
    esac
done

# every INIT macro is used, so that a missing or extra initialiser is a warning
{
    echo '#include "sextant.h"'
    echo '#include "sextant.h" /* twice: the guard works */'
    for type in $(sed -n 's/^} \(llm_[a-z]*_opts\);/\1/p' "$include/sextant.h"); do
        macro=$(echo "$type" | tr a-z A-Z)_INIT
        echo "extern $type check_$type(void);"
        echo "$type check_$type(void) { $type opts = $macro; return opts; }"
    done
    echo 'extern llm_error check_error(void);'
    echo 'llm_error check_error(void) { llm_error err = LLM_ERROR_INIT; return err; }'
} >"$work/one.c"
{
    echo '#include "sextant.h"'
    echo 'int main(void) { return LLM_OK; }'
} >"$work/two.c"
sed 's/opts = \(.*\); return opts;/opts = \1; return opts;/' "$work/one.c" >"$work/one.cc"
cp "$work/two.c" "$work/two.cc"

warnings='-Wall -Wextra -Wshadow -Wconversion -Wundef -pedantic -pedantic-errors -Werror'
ran=0
compile() { # compiler standard language suffix
    command -v "$1" >/dev/null 2>&1 || { echo "SKIP $1: not installed"; return 0; }
    for part in one two; do
        "$1" "-std=$2" $3 $warnings -I"$include" -c "$work/$part.$4" -o "$work/$part.o"
    done
    "$1" "$work/one.o" "$work/two.o" -o "$work/program"
    "$work/program"
    ran=$((ran + 1))
    echo "ok $1 -std=$2"
}
strict_c='-Wstrict-prototypes -Wmissing-prototypes'
for std in c99 c11 c17; do
    compile gcc $std "$strict_c" c
    compile clang $std "$strict_c" c
done
for std in c++11 c++17 c++20; do
    compile g++ $std "" cc
    compile clang++ $std "" cc
done
[ $ran -gt 0 ] || { echo "no compiler was found"; exit 1; }
