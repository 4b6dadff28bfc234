package sextant_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"sextant"
)

const leaky = "Mail joe@example.org or call 13800138000 at 10.0.0.7, 邮箱li.lei@example.cn。"

func TestFilterForAnyCut(t *testing.T) {
	c := contextOf(t)
	whole, err := c.Check(bg, leaky)
	if err != nil || len(whole.Findings) < 3 {
		t.Fatalf("verdict %+v, error %v", whole, err)
	}
	for cut := 1; cut < len(leaky); cut += 3 {
		var out bytes.Buffer
		f, err := c.Filter(&out)
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(leaky); at += cut {
			end := at + cut
			if end > len(leaky) {
				end = len(leaky)
			}
			if n, err := f.Write([]byte(leaky[at:end])); err != nil || n != end-at {
				t.Fatal(n, err)
			}
		}
		if v, err := f.Verdict(); err != nil || v.Decision != sextant.Redacted {
			t.Errorf("verdict %+v, error %v", v, err)
		}
		for i := 0; i < 2; i++ {
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if out.String() != whole.Text {
			t.Errorf("cut %d: %q", cut, out.String())
		}
		if _, err := f.Write([]byte("late")); !errors.Is(err, sextant.ErrClosed) {
			t.Errorf("error %v", err)
		}
	}
	for name, r := range map[string]io.Reader{"whole": strings.NewReader(leaky), "bytes": iotest.OneByteReader(strings.NewReader(leaky)),
		"eof": iotest.DataErrReader(strings.NewReader(leaky))} {
		f, err := c.FilterReader(r)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(f); err != nil || string(got) != whole.Text {
			t.Errorf("%s: %q, error %v", name, got, err)
		}
		f.Close()
		if _, err := f.Read(make([]byte, 9)); err == nil {
			t.Error("a closed filter reads")
		}
	}
}

func TestFilterFailsClosed(t *testing.T) {
	guard, err := sextant.NewGuard(sextant.Default(sextant.Block))
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Close()
	c := contextOf(t, sextant.WithGuard(guard))
	var out bytes.Buffer
	f, err := c.Filter(&out)
	if err != nil {
		t.Fatal(err)
	}
	_, first := io.WriteString(f, "All is well here, ")
	_, second := io.WriteString(f, leaky+" and more")
	_, third := io.WriteString(f, "harmless")
	if first != nil || !errors.Is(second, sextant.ErrBlocked) || !errors.Is(third, sextant.ErrBlocked) {
		t.Errorf("errors %v, %v, %v", first, second, third)
	}
	if err := f.Close(); !errors.Is(err, sextant.ErrBlocked) || strings.Contains(out.String(), "joe") ||
		strings.Contains(out.String(), "harmless") {
		t.Errorf("error %v, text %q", err, out.String())
	}
	r, err := c.FilterReader(strings.NewReader(leaky))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); !errors.Is(err, sextant.ErrBlocked) || strings.Contains(string(got), "joe") {
		t.Errorf("text %q, error %v", got, err)
	}
	broken := errors.New("broken pipe")
	g, err := contextOf(t).Filter(brokenWriter{broken})
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(g, strings.Repeat("words and words. ", 100))
	if end := g.Close(); !errors.Is(err, broken) || !errors.Is(end, broken) {
		t.Errorf("errors %v, %v", err, end)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestIngestReader(t *testing.T) {
	small, err := sextant.OpenCorpus("", sextant.MaxDocNodes(3))
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	if err := small.Ingest(bg, "handbook.md", handbook); !errors.Is(err, sextant.ErrLimit) {
		t.Errorf("more places than MaxDocNodes: error %v", err)
	}
	corpus, err := sextant.OpenCorpus("", sextant.MaxDocBytes(1000))
	if err != nil {
		t.Fatal(err)
	}
	defer corpus.Close()
	if err := corpus.IngestReader(bg, "handbook.md", iotest.HalfReader(strings.NewReader(handbook))); err != nil {
		t.Fatal(err)
	}
	if tree, err := corpus.Tree("handbook.md"); err != nil || tree.Text != handbook {
		t.Errorf("error %v", err)
	}
	if err := corpus.IngestReader(bg, "long.txt", strings.NewReader(strings.Repeat("x", 1001))); !errors.Is(err, sextant.ErrLimit) {
		t.Errorf("error %v", err)
	}
	if err := corpus.IngestReader(bg, "bad.txt", iotest.ErrReader(io.ErrUnexpectedEOF)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(bg)
	cancel()
	if err := corpus.IngestReader(ctx, "late.txt", strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if docs, err := corpus.Docs(); err != nil || len(docs) != 1 {
		t.Errorf("documents %v, error %v", docs, err)
	}
}
