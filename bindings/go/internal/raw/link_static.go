//go:build sextant_static && !sextant_flags

package raw

// The archives that ../../bundle.sh puts here: libsextant.a and what it needs besides libc.

// #cgo CFLAGS: -I${SRCDIR}/bundle/include
// #cgo linux,amd64 LDFLAGS: ${SRCDIR}/bundle/linux_amd64/libsextant.a ${SRCDIR}/bundle/linux_amd64/libneeds.a -lm -lpthread -ldl
// #cgo linux,arm64 LDFLAGS: ${SRCDIR}/bundle/linux_arm64/libsextant.a ${SRCDIR}/bundle/linux_arm64/libneeds.a -lm -lpthread -ldl
import "C"
