//go:build go1.23

package sextant

import "iter"

// Pieces is a stream of text, for range; an error is the last thing it yields.
type Pieces = iter.Seq2[string, error]
