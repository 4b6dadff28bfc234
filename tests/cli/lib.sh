# Sourced by the tests of the command: runs it, keeps what it wrote, compares. SEXTANT names the built command.
S=${SEXTANT:?SEXTANT must name the built command}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fails=0
rc=0

# run ARG...: the command with stdin from $T/in (empty when feed was not called since the last run).
run() {
    [ -f "$T/in" ] || : >"$T/in"
    ran="sextant $*"
    "$S" "$@" <"$T/in" >"$T/out" 2>"$T/err" && rc=0 || rc=$?
    rm -f "$T/in"
}

feed() {
    printf '%s' "$1" >"$T/in"
}

wrong() {
    fails=$((fails + 1))
    echo "FAILED: $ran" >&2
    echo "    $1" >&2
    echo "    exit $rc; stdout and stderr:" >&2
    head -c 1500 "$T/out" | sed 's/^/    | /' >&2
    head -c 1500 "$T/err" | sed 's/^/    ! /' >&2
}

is_rc() { [ "$rc" = "$1" ] || wrong "expected exit status $1"; }
out_has() { grep -qF -e "$1" "$T/out" || wrong "stdout lacks: $1"; }
out_lacks() { ! grep -qF -e "$1" "$T/out" || wrong "stdout should not have: $1"; }
out_is() { printf '%s' "$1" | cmp -s - "$T/out" || wrong "stdout should be: $1"; }
out_empty() { [ ! -s "$T/out" ] || wrong "stdout should be empty"; }
err_has() { grep -qF -e "$1" "$T/err" || wrong "stderr lacks: $1"; }
err_empty() { [ ! -s "$T/err" ] || wrong "stderr should be empty"; }
# one sentence: one line, ended by a full stop
err_sentence() {
    [ "$(wc -l <"$T/err")" = 1 ] && grep -q '^sextant.*[.!?]$' "$T/err" || wrong "stderr should hold one sentence"
}
out_lines() { [ "$(wc -l <"$T/out")" = "$1" ] || wrong "stdout should have $1 lines"; }
# the N-th line of stdout holds a text
line_has() { sed -n "$1p" "$T/out" | grep -qF -e "$2" || wrong "line $1 of stdout lacks: $2"; }

finish() {
    [ $fails = 0 ] || { echo "$fails checks failed" >&2; exit 1; }
    exit 0
}

# A model to run, from outside the project; without one the test is skipped.
need_model() {
    MODEL=${SEXTANT_SHARED:-}/models/stories260K.gguf
    [ -f "$MODEL" ] || { echo "skipped: no model at $MODEL"; exit 77; }
}

# Two documents with answers that are easy to tell apart.
make_documents() {
    cat >"$T/lease.md" <<'END'
# Lease

## 1. Rent

The monthly rent is 950 euros. It is due on the third working day of each month.

## 2. Deposit

The tenant pays a deposit of two months' rent. The landlord returns the deposit within sixty days after the keys are
handed back.

## 3. Pets

Cats may be kept in the flat. Dogs need the landlord's written consent.
END
    cat >"$T/contract.txt" <<'END'
租房合同

第一条 租金
每月租金为三千元，承租人应当在每月五日之前支付。

第二条 押金
押金为两个月租金。合同期满后十五日内，出租人应当退还押金。

第三条 宠物
未经出租人书面同意，承租人不得饲养宠物。
END
}
