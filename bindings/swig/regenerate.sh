#!/bin/sh
# regenerate.sh [SOURCE [FOLDER]]: makes the Go wrapper again, where it is committed or in another folder. Needs SWIG 4.1.
set -eu
source=${1:-$(dirname "$0")/../..}
folder=${2:-$source/bindings/go/internal/raw}
out=$(cd "$folder" && pwd)
include=$(cd "$source/include" && pwd)
cd "$source/bindings/swig" # SWIG writes the interface's path into its output
swig -Wall -go -cgo -intgosize 64 -I"$include" -outdir "$out" -o "$out/raw_wrap.c" sextant.i
