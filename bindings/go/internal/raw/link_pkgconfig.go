//go:build !sextant_flags && !sextant_static

package raw

// #cgo pkg-config: sextant
import "C"
