// Package sextant answers questions from your own documents, inside your own process.
//
//	corpus, err := sextant.OpenCorpus("")                 // in memory
//	err = corpus.IngestFile(ctx, "handbook.md", "")       // or IngestReader, from any io.Reader
//	c, err := sextant.NewContext(sextant.WithCorpus(corpus))
//	evidence, err := c.Retrieve(ctx, question)
//	for piece, err := range c.Stream(ctx, question, evidence) {
//		if err != nil { return err }
//		fmt.Print(piece)
//	}
//
// Model, Corpus, Guard and Vault may be shared by goroutines; a Context, and what it hands out, belongs to one goroutine at
// a time: a second one gets ErrBusy. Contexts are cheap, so make one per goroutine. Each long call takes a context.Context
// and ends within about 100 ms of its end. A call occupies an operating-system thread while it runs.
//
// Close is idempotent and waits for nobody: a call that is inside the handle in another goroutine ends first. What is never
// closed is freed by the garbage collector at some time.
//
// Context.Filter redacts what is written on its way into an io.Writer; the package guardhttp does so for HTTP.
//
// The package links libsextant through pkg-config; with the build tag sextant_static it links the archive that bundle.sh has
// put beside it, so that the program needs no libsextant.so; with sextant_flags it takes CGO_CFLAGS and CGO_LDFLAGS instead.
package sextant
