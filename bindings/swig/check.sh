#!/bin/sh
# check.sh SOURCE WORK: every function of the header is wrapped or named in ignored.i; SWIG has nothing to say about the
# interface; the committed Go wrapper is what SWIG makes of it today, and has none of the types SWIG gets wrong.
set -eu
source=$1
work=$2/swig_check
swig=$source/bindings/swig
raw=$source/bindings/go/internal/raw
bad=0
complain() { echo "$*" >&2; bad=1; }

functions=$(grep -o '^LLM_API [^(]*(' "$source/include/sextant.h" | sed 's/.*[ *]\(llm_[a-z0-9_]*\)($/\1/')
[ "$(echo "$functions" | wc -l)" -gt 100 ] || complain "the header's functions are not recognised"
for f in $functions; do
    wrapper=$(printf %s "$f" | sed 's/^l/L/')
    if grep -q "^%ignore $f;" "$swig/ignored.i"; then
        grep -q "^func $wrapper(" "$raw/raw.go" && complain "$f is both ignored and wrapped"
        case $f in
        *_init | llm_get_api | llm_reply_each | llm_ctx_errmsg) ;;
        *) grep -q "[^a-z_]$f(" "$swig/shims.c" || complain "$f is ignored and no shim calls it" ;;
        esac
    else
        grep -q "^func $wrapper(" "$raw/raw.go" || complain "$f is neither wrapped nor ignored: see bindings/swig/README.md"
    fi
done
grep -nE 'arg[0-9]+ \*string|Struct_SS_' "$raw/raw.go" && complain "raw.go passes pointers where SWIG misunderstands C"

if ! command -v swig >/dev/null || ! swig -version | grep -q 'Version 4\.1\.'; then
    [ $bad = 0 ] || exit 1
    echo "SKIPPED: the wrapper was not made again, because SWIG 4.1 is not installed (Debian: swig)"
    exit 77
fi
rm -rf "$work"
mkdir -p "$work"
sh "$swig/regenerate.sh" "$source" "$work" 2>"$work/warnings"
[ ! -s "$work/warnings" ] || complain "swig -Wall is not silent: $(cat "$work/warnings")"
for f in raw.go raw_wrap.c; do
    cmp -s "$raw/$f" "$work/$f" || complain "$f is not what SWIG makes today: run sh bindings/swig/regenerate.sh"
done
swig -Wall -python -threads -I"$source/include" -I"$swig" -outdir "$work" -o "$work/py_wrap.c" "$swig/sextant.i" 2>"$work/warnings"
[ ! -s "$work/warnings" ] || complain "swig -Wall for Python is not silent: $(cat "$work/warnings")"
exit $bad
