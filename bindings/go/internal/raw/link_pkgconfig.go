//go:build !sextant_flags

package raw

// #cgo pkg-config: sextant
import "C"
