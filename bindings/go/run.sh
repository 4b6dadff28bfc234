#!/bin/sh
# run.sh vet|test|race|fresh|conformance FOLDER: what the build's tests do with the Go module.
set -eu
cd "$(dirname "$0")"
if ! command -v go >/dev/null; then
    echo "SKIPPED: the Go binding is not tested, because there is no go command (Debian: golang-go)"
    exit 77
fi
minor=$(go env GOVERSION | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
if [ "${minor:-0}" -lt 19 ]; then
    echo "SKIPPED: the Go binding needs Go 1.19 or newer; this is $(go env GOVERSION)"
    exit 77
fi
case $1 in
vet)
    ours="$(ls ./*.go) ./guardhttp ./internal/conformance ./internal/overhead ./examples"
    [ -z "$(gofmt -l $ours)" ] || { gofmt -d $ours; exit 1; }
    go vet $(go list ./... | grep -v internal/raw)
    go vet -unsafeptr=false ./internal/raw # SWIG's way with pointers
    ;;
test)
    go test -count=1 ./...
    if [ "$minor" -ge 23 ]; then
        go run ./examples/ask doc.go "What belongs to one goroutine at a time?" | grep -q 'a Context'
    fi
    ;;
race)
    go test -race -count=1 . ./guardhttp
    ;;
fresh)
    # a module of somebody else's that uses this one: linked with the shared library, then with the bundled archive
    sh fresh.sh "$2"
    ;;
conformance)
    go build -o "$2/conformance_go" ./internal/conformance
    sh ../../tests/golden/conformance.sh "$2" go "$2/conformance_go" "$SX_CONFORMANCE" "$SX_TINY_MODEL"
    ;;
esac
