// Command overhead measures what a call costs from Go: MODEL.gguf; two lines "name nanoseconds".
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"sextant"
	"sextant/internal/raw"
)

func main() {
	m, err := sextant.LoadModel(context.Background(), os.Args[1], sextant.Threads(1))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer m.Close()
	const n = 2000000
	begin := time.Now()
	for i := 0; i < n; i++ {
		raw.Llm_guard_type(1 << 30)
	}
	fmt.Printf("go_raw %.2f\n", float64(time.Since(begin).Nanoseconds())/n)
	begin = time.Now()
	for i := 0; i < n; i++ {
		m.NVocab()
	}
	fmt.Printf("go_face %.2f\n", float64(time.Since(begin).Nanoseconds())/n)
}
