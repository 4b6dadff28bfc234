//go:build go1.23

// Command ask answers a question from a document, with citations: ask FILE QUESTION.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"sextant"
)

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err) // the library's sentence: what was wrong, where, how to mend it
	}
}

func main() {
	ctx, question := context.Background(), os.Args[2]
	corpus := must(sextant.OpenCorpus("")) // in memory
	defer corpus.Close()
	check(corpus.IngestFile(ctx, os.Args[1], ""))
	c := must(sextant.NewContext(sextant.WithCorpus(corpus))) // WithModel lets a model answer
	defer c.Close()
	evidence := must(c.Retrieve(ctx, question))
	defer evidence.Close()
	reply := must(c.Generate(ctx, question, evidence))
	defer reply.Close()
	for piece, err := range reply.Pieces() { // before Go 1.23: reply.Next()
		check(err)
		fmt.Print(piece)
	}
	for _, citation := range reply.Citations() {
		fmt.Printf("\n[%s] %s\n", citation.Node, citation.Text)
	}
}
