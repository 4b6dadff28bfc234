# On a terminal: colours unless NO_COLOR, progress on stderr, text that cannot drive the terminal, Ctrl-C.
. "$(dirname "$0")/lib.sh"
command -v script >/dev/null 2>&1 || { echo 'skipped: no script(1) to make a terminal'; exit 77; }
script -qec true /dev/null </dev/null >/dev/null 2>&1 || { echo 'skipped: this place has no pseudo-terminals'; exit 77; }
make_documents
escape=$(printf '\033')

# script runs the words of its argument in a shell on a terminal of its own
on_terminal() {
    ran="on a terminal: $1"
    TERM=xterm script -qec "$1" /dev/null </dev/null >"$T/out" 2>"$T/err" && rc=0 || rc=$?
}

on_terminal "NO_COLOR= '$S' ask --min-confidence 0 '$T/lease.md' 'When does the landlord return the deposit?'"; is_rc 0
out_has "${escape}[1m"; out_has 'Sources'; out_has "${escape}[K"; out_has 'Reading lease.md ...'
on_terminal "NO_COLOR=1 '$S' ask --min-confidence 0 '$T/lease.md' 'When does the landlord return the deposit?' 2>/dev/null"; is_rc 0
out_lacks "$escape"; out_has 'sixty days'
on_terminal "TERM=dumb '$S' ask --min-confidence 0 '$T/lease.md' 'When does the landlord return the deposit?'"; is_rc 0; out_lacks "$escape"
on_terminal "'$S' ask --min-confidence 0 '$T/lease.md' 'When does the landlord return the deposit?' | cat"; out_lacks "${escape}[1m"
printf 'The code word is \033[31mvermilion\033[0m tonight.\n' >"$T/evil.txt"
on_terminal "NO_COLOR=1 '$S' ask --min-confidence 0 '$T/evil.txt' 'What is the code word?' 2>/dev/null"; is_rc 0; out_has 'vermilion'; out_lacks "$escape"

# Ctrl-C while a filter waits for input ends it with 130 and a sentence
ran='sextant guard, interrupted'
mkfifo "$T/pipe"
"$S" guard <"$T/pipe" >"$T/out" 2>"$T/err" &
pid=$!
exec 9>"$T/pipe"
sleep 1
kill -INT $pid
wait $pid && rc=0 || rc=$?
exec 9>&-
# a shell without job control starts background jobs with SIGINT ignored, which the command then overrides
is_rc 130; err_has 'cancelled'
finish
