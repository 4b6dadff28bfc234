//go:build !go1.23

package sextant

// Pieces is a stream of text: what iter.Seq2[string, error] is from Go 1.23 on; an error is the last thing it yields.
type Pieces = func(yield func(string, error) bool)
