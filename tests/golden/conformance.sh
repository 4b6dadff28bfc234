#!/bin/sh
# conformance.sh FOLDER LANGUAGE COMMAND...: runs a language's conformance program, keeps its transcript in FOLDER, and holds
# it against the expectations and, for every language but C, against the transcript of C.
set -eu
folder=$1
language=$2
shift 2
here=$(dirname "$0")
"$@" >"$folder/conformance.$language"
if [ "$language" = c ]; then
    exec "$folder/conformance_check" "$here/conformance.jsonl" "$folder/conformance.c"
fi
exec "$folder/conformance_check" "$here/conformance.jsonl" "$folder/conformance.$language" "$folder/conformance.c"
