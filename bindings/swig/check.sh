#!/bin/sh
# check.sh SOURCE WORK: every function of the header is wrapped or named in ignored.i; SWIG has nothing to say about the
# interface; the committed Go wrapper is what SWIG makes of it today, and has none of the types SWIG gets wrong. Both faces
# reach everything that is wrapped, and a function that blocks lets go of Python's interpreter lock.
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
        llm_guard_add_recogniser | llm_guard_set_reviewer) ;; # callbacks in the threads that check: for C and C++
        *) cat "$swig/shims.c" "$swig/judge.c" | grep -q "[^a-z_]$f(" || complain "$f is ignored and no shim calls it" ;;
        esac
    else
        grep -q "^func $wrapper(" "$raw/raw.go" || complain "$f is neither wrapped nor ignored: see bindings/swig/README.md"
    fi
done

# what a face leaves out, and why
# llm_cancel_reset, llm_cancel_is_set: in Go a context.Context is the flag; llm_tree_find: Go's tree is a map already;
# sx_model_load_memory and _copy: one language each; sx_log_put: for tests
left_out_of_go='llm_cancel_reset llm_cancel_is_set llm_tree_find sx_model_load_memory sx_log_put'
left_out_of_python='sx_model_load_copy sx_log_put'
for f in $(grep -o '^func [SL][a-z]*_[a-z0-9_]*(' "$raw/raw.go" | sed 's/func \(.*\)($/\1/; s/^S/s/; s/^L/l/'); do
    case $f in swig_*) continue ;; esac
    case " $left_out_of_go " in *" $f "*) ;; *)
        name=$(printf %s "$f" | sed 's/^l/L/; s/^s/S/')
        cat "$source"/bindings/go/*.go | grep -q "raw\.$name\b" || complain "the Go face never calls $f" ;;
    esac
    case " $left_out_of_python " in *" $f "*) ;; *)
        cat "$source"/bindings/python/sextant/*.py | grep -q "_raw\.$f\b" || complain "the Python face never calls $f" ;;
    esac
done

# the header's "Blocks: yes" against the %thread list, by the shim where there is one
awk '/^\/\*/ { blocks = 0 } /Blocks: yes/ { blocks = 1 } /^LLM_API/ && blocks {
        sub(/\(.*/, ""); sub(/.*[ *]/, ""); print }' "$source/include/sextant.h" >"${work}_blocks"
[ "$(wc -l <"${work}_blocks")" -gt 25 ] || complain "the functions that block are not recognised"
while read -r f; do
    case $f in *_free | *_count) continue ;; esac # they share the comment of one that blocks
    if grep -q "^%ignore $f;" "$swig/ignored.i"; then
        shims=$(cat "$swig/shims.c" "$swig/judge.c" | awk -v f="$f(" '/^static [^;]*$/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
            index($0, f) && name ~ /^sx_/ { print name }' | sort -u)
    else
        shims=$f
    fi
    for shim in $shims; do
        case $shim in sx_ctx_told) continue ;; esac
        grep -q "^%thread $shim;" "$swig/python.i" || complain "$f blocks, and $shim keeps Python's interpreter lock"
    done
done <"${work}_blocks"

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
