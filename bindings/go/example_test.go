package sextant_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"sextant"
)

// Documents go in, an answer with its citation comes out.
func Example() {
	ctx, question := context.Background(), "How many dogs may tenants keep?"
	corpus, err := sextant.OpenCorpus("") // in memory
	if err != nil {
		panic(err)
	}
	defer corpus.Close()
	if err := corpus.Ingest(ctx, "rules.md", "# Pets\n\nTenants may keep one dog. Cats are welcome."); err != nil {
		panic(err)
	}
	c, err := sextant.NewContext(sextant.WithCorpus(corpus))
	if err != nil {
		panic(err)
	}
	defer c.Close()
	evidence, err := c.Retrieve(ctx, question)
	if err != nil {
		panic(err)
	}
	defer evidence.Close()
	reply, err := c.Generate(ctx, question, evidence)
	if err != nil {
		panic(err)
	}
	defer reply.Close()
	text, err := io.ReadAll(reply)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", text)
	for _, citation := range reply.Citations() {
		fmt.Println(citation.Node, citation.Text)
	}
	// Output:
	// Tenants may keep one dog. [0.0]
	// 0.0 Tenants may keep one dog.
}

// What is written to a filter arrives redacted.
func ExampleContext_Filter() {
	c, err := sextant.NewContext()
	if err != nil {
		panic(err)
	}
	defer c.Close()
	filter, err := c.Filter(os.Stdout)
	if err != nil {
		panic(err)
	}
	for _, piece := range []string{"Mail joe@exam", "ple.org, ", "then wait.\n"} {
		if _, err := io.WriteString(filter, piece); err != nil {
			panic(err)
		}
	}
	if err := filter.Close(); err != nil { // lets out what was still held back
		panic(err)
	}
	// Output: Mail <EMAIL_ADDRESS>, then wait.
}

// A text is checked as a whole.
func ExampleContext_Check() {
	c, err := sextant.NewContext()
	if err != nil {
		panic(err)
	}
	defer c.Close()
	verdict, err := c.Check(context.Background(), "Mail joe@example.org")
	if err != nil {
		panic(err)
	}
	fmt.Println(verdict.Decision == sextant.Redacted, verdict.Text, verdict.Findings[0].Type)
	// Output: true Mail <EMAIL_ADDRESS> EMAIL_ADDRESS
}

// Pseudonyms keep a text readable; who holds the vault's key gets the originals back.
func ExampleVault_Restore() {
	vault, err := sextant.OpenVault("", make([]byte, 32)) // 32 random bytes, in earnest
	if err != nil {
		panic(err)
	}
	defer vault.Close()
	guard, err := sextant.NewGuard()
	if err != nil {
		panic(err)
	}
	defer guard.Close()
	if err := guard.SetVault(vault); err != nil {
		panic(err)
	}
	if err := guard.SetAction("EMAIL_ADDRESS", sextant.AllDirections, sextant.Pseudonym); err != nil {
		panic(err)
	}
	c, err := sextant.NewContext(sextant.WithGuard(guard))
	if err != nil {
		panic(err)
	}
	defer c.Close()
	hidden, err := c.Check(context.Background(), "Ask joe@example.org")
	if err != nil {
		panic(err)
	}
	back, err := vault.Restore(hidden.Text)
	fmt.Println(hidden.Text, "|", back, err)
	// Output: Ask <EMAIL_ADDRESS_1> | Ask joe@example.org <nil>
}

// Failures are told apart by errors.Is, and errors.As gives the library's sentence.
func ExampleError() {
	_, err := sextant.LoadModel(context.Background(), "no/such/model.gguf")
	var failure *sextant.Error
	fmt.Println(errors.Is(err, sextant.ErrNotFound), errors.Is(err, fs.ErrNotExist), errors.As(err, &failure))
	fmt.Println(failure.Op, strings.Contains(failure.Msg, "no/such/model.gguf"))
	// Output:
	// true true true
	// load model true
}

// Any io.Reader is a document.
func ExampleCorpus_IngestReader() {
	corpus, err := sextant.OpenCorpus("")
	if err != nil {
		panic(err)
	}
	defer corpus.Close()
	if err := corpus.IngestReader(context.Background(), "a.txt", strings.NewReader("The harbour opens at seven.")); err != nil {
		panic(err)
	}
	docs, err := corpus.Docs()
	fmt.Println(docs[0].Name, docs[0].Bytes, err)
	// Output: a.txt 27 <nil>
}
