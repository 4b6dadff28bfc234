#!/bin/sh
# try.sh [ROOT]: uses the installed packages as their user would: the command, its readers, the completion, the Python module,
# a program built with pkg-config. ROOT is where they were unpacked; without one, they are installed on this machine.
set -eu
root=${1:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
libs=$(ls -d "$root"/usr/lib/*/ | while read -r folder; do [ -e "$folder/libsextant.so.0" ] && echo "$folder"; done | head -n 1)
libs=${libs%/}
[ -n "$libs" ] || { echo "try.sh: libsextant.so.0 is not there" >&2; exit 1; }
export LD_LIBRARY_PATH="$libs" PATH="$root/usr/bin:$PATH" PYTHONPATH="$root/usr/lib/python3/dist-packages"

printf '# Hours\n\nThe harbour office opens at seven in the morning.\n' >"$work/hours.md"
printf '<h1>Fees</h1><p>Small boats pay five euros a day.</p>' >"$work/fees.html"
said() { grep -q -- "$1" "$work/out" || { echo "try.sh: no '$1' in:" >&2; cat "$work/out" >&2; exit 1; }; }

sextant ask "$work/hours.md" "When does the harbour office open?" >"$work/out"
said 'seven in the morning'
sextant ask "$work/fees.html" "What do small boats pay?" >"$work/out"
said 'five euros'
echo 'Write to anna@example.org.' | sextant guard >"$work/out"
said 'EMAIL_ADDRESS'
if [ -x /usr/bin/python3 ]; then
    /usr/bin/python3 - "$work/hours.md" >"$work/out" <<'PYTHON'
import sys, sextant
with sextant.Corpus() as corpus:
    corpus.ingest_file(sys.argv[1])
    with sextant.Context(corpus=corpus) as context, context.retrieve("When does the office open?") as found:
        print(found[0].text)
PYTHON
    said 'seven in the morning'
fi
if command -v bash >/dev/null; then
    bash -c '. "$1/usr/share/bash-completion/completions/sextant"
        COMP_WORDS=(sextant as) COMP_CWORD=1; _sextant; echo "${COMPREPLY[@]}"
        COMP_WORDS=(sextant ask --js) COMP_CWORD=2; _sextant; echo "${COMPREPLY[@]}"' - "$root" >"$work/out"
    said '^ask$'
    said "--jsonl"
fi
if command -v cc >/dev/null && command -v pkg-config >/dev/null && [ -f "$libs/pkgconfig/sextant.pc" ]; then
    printf '#include <sextant.h>\n#include <stdio.h>\nint main(void) { puts(llm_version()); return 0; }\n' >"$work/v.c"
    PKG_CONFIG_PATH=$libs/pkgconfig
    export PKG_CONFIG_PATH
    cc "$work/v.c" -o "$work/v" $(pkg-config --cflags --libs sextant)
    "$work/v" >"$work/out"
    said '^[0-9]*\.[0-9]*\.[0-9]*$'
fi
echo "the packages work: command, readers, Python, completion, pkg-config"
