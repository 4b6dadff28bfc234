package sextant_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"sextant"
)

const handbook = `# Staff handbook

## 1. Leave

Employees receive 25 days of paid annual leave per calendar year.

## 2. Contact

Payroll questions go to payroll.desk@meridian-surveys.com at any time.
`
const question = "How many days of annual leave do employees receive?"

var bg = context.Background()

func corpusOf(t testing.TB, docs map[string]string) *sextant.Corpus {
	t.Helper()
	corpus, err := sextant.OpenCorpus("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { corpus.Close() })
	for name, text := range docs {
		if err := corpus.Ingest(bg, name, text); err != nil {
			t.Fatal(err)
		}
	}
	return corpus
}

func contextOf(t testing.TB, opts ...sextant.ContextOption) *sextant.Context {
	t.Helper()
	c, err := sextant.NewContext(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func modelOf(t testing.TB) *sextant.Model {
	t.Helper()
	path := os.Getenv("SX_TINY_MODEL")
	if path == "" {
		t.Skip("SX_TINY_MODEL is not set: no model to generate with")
	}
	m, err := sextant.LoadModel(bg, path, sextant.Threads(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func TestModelJudges(t *testing.T) {
	corpus := corpusOf(t, map[string]string{"handbook.md": handbook})
	c := contextOf(t, sextant.WithCorpus(corpus))
	if _, err := c.Retrieve(bg, question, sextant.Judge(0, 0, 0)); err == nil {
		t.Error("a judge without a model")
	}
	m := modelOf(t)
	evidence, err := contextOf(t, sextant.WithCorpus(corpus), sextant.WithModel(m)).Retrieve(bg, question,
		sextant.Judge(0.5, 0, 4000), sextant.JudgeByLetters(0.5, 0, 4000))
	if err != nil {
		t.Fatal(err)
	}
	defer evidence.Close()
	steps, err := evidence.Trace()
	if err != nil {
		t.Fatal(err)
	}
	judged := 0
	for _, s := range steps {
		if s.Judged > 0 && s.Judged < 1 {
			judged++
		}
	}
	if judged == 0 {
		t.Error("the model judged nothing")
	}
}

func TestFiveCalls(t *testing.T) {
	corpus := corpusOf(t, map[string]string{"handbook.md": handbook})
	c := contextOf(t, sextant.WithCorpus(corpus))
	evidence, err := c.Retrieve(bg, question)
	if err != nil {
		t.Fatal(err)
	}
	defer evidence.Close()
	if evidence.Confidence < 0.5 || !strings.Contains(evidence.Hits[0].Text, "25 days") {
		t.Errorf("confidence %v, hits %v", evidence.Confidence, evidence.Hits)
	}
	reply, err := c.Generate(bg, question, evidence)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Close()
	text, err := io.ReadAll(reply)
	if err != nil || string(text) != reply.Text() || !strings.Contains(string(text), "25 days") {
		t.Errorf("text %q, error %v", text, err)
	}
	tree, err := corpus.Tree("handbook.md")
	if err != nil {
		t.Fatal(err)
	}
	citation := reply.Citations()[0]
	if tree.Text[citation.Start:citation.End] != citation.Text || citation.Doc != "handbook.md" {
		t.Errorf("citation %+v", citation)
	}
	verdict, err := c.Check(bg, "Mail joe@example.org")
	if err != nil || verdict.Decision != sextant.Redacted || verdict.Text != "Mail <EMAIL_ADDRESS>" {
		t.Errorf("verdict %+v, error %v", verdict, err)
	}
}

func TestWhoSeesWhat(t *testing.T) {
	corpus := corpusOf(t, nil)
	if err := corpus.Ingest(bg, "handbook.md", handbook, sextant.In("staff/rules"), sextant.Meta("year=2024")); err != nil {
		t.Fatal(err)
	}
	if err := corpus.Ingest(bg, "board.txt", "The board has 90 days of annual leave.", sextant.Labelled("board")); err != nil {
		t.Fatal(err)
	}
	seen, err := corpus.View("hr")
	if err != nil {
		t.Fatal(err)
	}
	defer seen.Close()
	docs, err := seen.Docs()
	if err != nil || len(docs) != 1 || strings.Join(docs[0].About, " ") != "folder=staff/rules year=2024" {
		t.Errorf("docs %+v, error %v", docs, err)
	}
	if err := seen.Remove("handbook.md"); !errors.Is(err, sextant.ErrReadOnly) {
		t.Errorf("a view was written to: %v", err)
	}
	evidence, err := contextOf(t, sextant.WithCorpus(seen)).Retrieve(bg, question)
	if err != nil {
		t.Fatal(err)
	}
	defer evidence.Close()
	for _, hit := range evidence.Hits {
		if hit.Doc != "handbook.md" {
			t.Errorf("hidden %+v", hit)
		}
	}
	only, err := contextOf(t, sextant.WithCorpus(corpus)).Retrieve(bg, question, sextant.Where("not folder ^= staff"))
	if err != nil || len(only.Hits) != 1 || only.Hits[0].Doc != "board.txt" {
		t.Errorf("filtered %+v, error %v", only, err)
	}
	only.Close()
	if err := corpus.Describe(bg, "board.txt", "", sextant.Labelled()); err != nil {
		t.Fatal(err)
	}
	if docs, err := seen.Docs(); err != nil || len(docs) != 2 {
		t.Errorf("docs %+v, error %v", docs, err)
	}
}

func TestEditAndPageIndex(t *testing.T) {
	corpus := corpusOf(t, map[string]string{"handbook.md": handbook})
	at := strings.Index(handbook, "25 days")
	if err := corpus.Edit("handbook.md", at, at+7, "31 days", ""); err != nil {
		t.Fatal(err)
	}
	if err := corpus.Edit("handbook.md", at, at+7, "99 days", strings.Repeat("0", 64)); !errors.Is(err, sextant.ErrBusy) {
		t.Errorf("an edit of another state: %v", err)
	}
	json, err := corpus.PageIndex("handbook.md")
	if err != nil || !strings.Contains(json, "31 days") {
		t.Fatalf("%v: %s", err, json)
	}
	if err := corpus.Ingest(bg, "again.json", json); err != nil {
		t.Fatal(err)
	}
	again, err := corpus.PageIndex("again.json")
	if err != nil || strings.Replace(again, "again.json", "handbook.md", 1) != json {
		t.Errorf("%v: %s and %s", err, again, json)
	}
}

func TestStreamIsAnIterator(t *testing.T) {
	c := contextOf(t, sextant.WithModel(modelOf(t)))
	var pieces []string
	for i := 0; i < 3; i++ { // leaving early closes the reply, so that the next one may begin
		c.Stream(bg, "the captain", nil, sextant.MaxTokens(8))(func(piece string, err error) bool {
			if err != nil {
				t.Fatal(err)
			}
			pieces = append(pieces, piece)
			return false
		})
	}
	if len(pieces) != 3 || pieces[0] == "" || pieces[0] != pieces[2] {
		t.Errorf("pieces %q", pieces)
	}
}

func TestContextCancellation(t *testing.T) {
	c := contextOf(t, sextant.WithModel(modelOf(t)))
	ctx, cancel := context.WithCancel(bg)
	reply, err := c.Generate(ctx, "the captain", nil, sextant.MaxTokens(240), sextant.IgnoreEOS())
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Close()
	first, err := reply.Next()
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for err == nil {
		_, err = reply.Next()
	}
	if !errors.Is(err, context.Canceled) || !errors.Is(err, sextant.ErrCancelled) {
		t.Errorf("error %v", err)
	}
	if !strings.HasPrefix(reply.Text(), first) || reply.Finish() != sextant.FinishCancel {
		t.Errorf("text %q, finish %v", reply.Text(), reply.Finish())
	}
	if _, err := c.Check(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
	late, stop := context.WithTimeout(bg, time.Nanosecond)
	defer stop()
	<-late.Done()
	if _, err := c.Check(late, "x"); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, sextant.ErrCancelled) {
		t.Errorf("a deadline that has passed: %v", err)
	}
}

func TestLoadModelAt(t *testing.T) {
	want := modelOf(t)
	data, err := os.ReadFile(os.Getenv("SX_TINY_MODEL"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "packed"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(append(make([]byte, 64), append(data, "behind"...)...)); err != nil {
		t.Fatal(err)
	}
	m, err := sextant.LoadModelAt(bg, f, 64, int64(len(data)), sextant.Threads(1))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if m.NVocab() != want.NVocab() || m.Info("arch") != want.Info("arch") {
		t.Errorf("%d tokens, %s", m.NVocab(), m.Info("arch"))
	}
	if _, err := sextant.LoadModelAt(bg, f, -1, 0); !errors.Is(err, sextant.ErrInvalid) {
		t.Errorf("error %v", err)
	}
}

func TestErrors(t *testing.T) {
	_, err := sextant.LoadModel(bg, "no/such/model.gguf")
	if !errors.Is(err, sextant.ErrNotFound) || !errors.Is(err, fs.ErrNotExist) || errors.Is(err, sextant.ErrBusy) {
		t.Errorf("error %v", err)
	}
	var failure *sextant.Error
	if !errors.As(err, &failure) || !strings.Contains(failure.Msg, "no/such/model.gguf") {
		t.Errorf("error %#v", err)
	}
	corpus := corpusOf(t, nil)
	if err := corpus.Ingest(bg, "bad.txt", "a\xffb"); !errors.Is(err, sextant.ErrUTF8) {
		t.Errorf("error %v", err)
	}
	if err := corpus.Ingest(bg, "a\x00b", "text"); !errors.Is(err, sextant.ErrInvalid) {
		t.Errorf("error %v", err)
	}
	if _, err := contextOf(t).Generate(bg, "x", nil); !errors.Is(err, sextant.ErrUnsupported) {
		t.Errorf("error %v", err)
	}
	for code := sextant.Code(-16); code < 0; code++ {
		if !strings.HasPrefix(code.Error(), "LLM_E_") {
			t.Errorf("status %d is called %q", int(code), code.Error())
		}
	}
}

func TestClosing(t *testing.T) {
	corpus := corpusOf(t, map[string]string{"a.txt": "The harbour opens at seven."})
	c := contextOf(t, sextant.WithCorpus(corpus))
	evidence, err := c.Retrieve(bg, "harbour")
	if err != nil {
		t.Fatal(err)
	}
	reply, err := c.Generate(bg, "When does the harbour open?", evidence)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 2; i++ {
		for _, h := range []io.Closer{corpus, c, evidence, reply} {
			if err := h.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := reply.Next(); !errors.Is(err, sextant.ErrClosed) || !errors.Is(err, fs.ErrClosed) {
		t.Errorf("error %v", err)
	}
	if _, err := corpus.Docs(); !errors.Is(err, sextant.ErrClosed) {
		t.Errorf("error %v", err)
	}
	if !strings.Contains(evidence.Hits[0].Text, "seven") {
		t.Error("what was copied is gone")
	}
}

func TestPolicy(t *testing.T) {
	if sextant.GuardPresets()["gdpr"] == "" {
		t.Error("no preset gdpr")
	}
	guard, err := sextant.NewGuard(sextant.Policy(`{"preset":"pci","rules":[{"types":"EMAIL_ADDRESS","action":"remove","label":"mail"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Close()
	other, err := sextant.NewGuard(sextant.Like(guard))
	if err != nil {
		t.Fatal(err)
	}
	other.Close()
	folder := t.TempDir()
	kept, err := sextant.NewGuard(sextant.Cache(folder))
	if err != nil || kept.AddWord("Bluebird") != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	if v, err := contextOf(t, sextant.WithGuard(kept)).Check(context.Background(), "Project Bluebird"); err != nil || len(v.Findings) != 1 {
		t.Errorf("%v %v", v, err)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) == 0 {
		t.Errorf("nothing was kept: %v", err)
	}
	c := contextOf(t, sextant.WithGuard(guard))
	v, err := c.Check(context.Background(), "jo@example.org 4111111111111111")
	if err != nil || v.Text != " 411111******1111" || v.Findings[0].Label != "mail" {
		t.Errorf("%v %v", v, err)
	}
	if err := guard.Reload(`{"default":"mask"}`); err != nil {
		t.Error(err)
	}
	if v, err = c.Check(context.Background(), "jo@ab.org"); err != nil || v.Text != "****b*org" {
		t.Errorf("%v %v", v, err)
	}
	if err := guard.Reload(`{"rules":1}`); !errors.Is(err, sextant.ErrFormat) || !strings.Contains(err.Error(), "column") {
		t.Errorf("a wrong policy: %v", err)
	}
}

func TestGuard(t *testing.T) {
	vault, err := sextant.OpenVault(filepath.Join(t.TempDir(), "v"), make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	defer vault.Close()
	guard, err := sextant.NewGuard()
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Close()
	for _, err := range []error{guard.SetVault(vault), guard.AddWord("Bluebird"),
		guard.SetAction("BLOCKED", sextant.AllDirections, sextant.Replace),
		guard.SetAction("EMAIL_ADDRESS", sextant.AllDirections, sextant.Pseudonym)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c := contextOf(t, sextant.WithGuard(guard))
	if err := guard.AddWord("late"); !errors.Is(err, sextant.ErrBusy) {
		t.Errorf("a guard in use can change: %v", err)
	}
	text := "Bluebird 电话13800138000, joe@example.org \x00 end"
	whole, err := c.Check(bg, text)
	if err != nil || strings.Contains(whole.Text, "Bluebird") || strings.Contains(whole.Text, "138") ||
		!strings.HasSuffix(whole.Text, "\x00 end") {
		t.Errorf("verdict %+v, error %v", whole, err)
	}
	if back, err := vault.Restore(whole.Text); err != nil || !strings.Contains(back, "joe@example.org") {
		t.Errorf("restored %q, error %v", back, err)
	}
	if back, err := vault.RestoreAs("[email address 1]", sextant.MatchFuzzy); err != nil || back != "joe@example.org" {
		t.Errorf("restored %q, error %v", back, err)
	}
	for cut := 1; cut < 9; cut++ {
		stream, err := c.GuardStream()
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		for at := 0; at < len(text); at += cut {
			end := at + cut
			if end > len(text) {
				end = len(text)
			}
			piece, err := stream.Feed(text[at:end])
			if err != nil {
				t.Fatal(err)
			}
			out.WriteString(piece)
		}
		last, err := stream.Finish()
		if err != nil || out.String()+last != whole.Text {
			t.Errorf("cut %d: %q, error %v", cut, out.String()+last, err)
		}
		stream.Close()
	}
}

func TestBusyAndManyContexts(t *testing.T) {
	corpus := corpusOf(t, map[string]string{"a.txt": strings.Repeat("The harbour opens at seven. The pier is long.\n\n", 200)})
	shared := contextOf(t, sextant.WithCorpus(corpus))
	var wg sync.WaitGroup
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			own, err := sextant.NewContext(sextant.WithCorpus(corpus))
			if err != nil {
				t.Error(err)
				return
			}
			defer own.Close()
			for j := 0; j < 20; j++ {
				if ev, err := shared.Retrieve(bg, "When does the harbour open?"); err == nil {
					ev.Close()
				} else if !errors.Is(err, sextant.ErrBusy) {
					t.Error(err)
				}
				ev, err := own.Retrieve(bg, "When does the harbour open?")
				if err != nil || len(ev.Hits) == 0 {
					t.Errorf("an own context: %v", err)
					continue
				}
				ev.Close()
			}
		}()
	}
	wg.Wait()
}

func TestCollectorDuringCalls(t *testing.T) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	for i := 0; i < 50; i++ {
		corpus, err := sextant.OpenCorpus("", sextant.MaxCacheBytes(1<<20))
		if err != nil {
			t.Fatal(err)
		}
		if err := corpus.Ingest(bg, "a.txt", "The harbour opens at seven."); err != nil {
			t.Fatal(err)
		}
		c, err := sextant.NewContext(sextant.WithCorpus(corpus)) // neither is closed: the collector does it
		if err != nil {
			t.Fatal(err)
		}
		v, err := c.Check(bg, "joe"+strings.Repeat("e", i)+"@example.org")
		if err != nil || v.Text != "<EMAIL_ADDRESS>" {
			t.Errorf("verdict %+v, error %v", v, err)
		}
	}
	close(stop)
	<-done
}

func TestModel(t *testing.T) {
	m := modelOf(t)
	if m.Info("arch") != "llama" || m.Info("no such key") != "" || m.NCtx() != 256 || m.Token("eos") != 2 {
		t.Errorf("arch %q, context %d, eos %d", m.Info("arch"), m.NCtx(), m.Token("eos"))
	}
	ids, err := m.Tokenize("北风 the ship ö", sextant.Special)
	if err != nil || ids[0] != 1 {
		t.Fatalf("ids %v, error %v", ids, err)
	}
	if text, err := m.Detokenize(ids[1:], 0); err != nil || strings.TrimSpace(text) != "北风 the ship ö" {
		t.Errorf("text %q, error %v", text, err)
	}
	rows, err := contextOf(t, sextant.WithModel(m)).Logits(bg, ids)
	if err != nil || len(rows) != len(ids) || len(rows[0]) != m.NVocab() {
		t.Errorf("%d rows, error %v", len(rows), err)
	}
	if _, err := contextOf(t).Logits(bg, ids); !errors.Is(err, sextant.ErrUnsupported) {
		t.Errorf("error %v", err)
	}
	scores, err := contextOf(t, sextant.WithModel(m)).Score(bg, "the captain", " ship", " sea and wind")
	if err != nil || len(scores) != 2 || len(scores[1].Tokens) <= len(scores[0].Tokens) || scores[0].Sum >= 0 {
		t.Errorf("scores %v, error %v", scores, err)
	}
	if one, err := contextOf(t, sextant.WithModel(m)).ScoreTokens(bg, ids, 0); err != nil || len(one.Tokens) != len(ids)-1 {
		t.Errorf("score %v, error %v", one, err)
	}
	if _, err := m.LoadAdapter("no such adapter.gguf"); !errors.Is(err, sextant.ErrNotFound) {
		t.Errorf("error %v", err)
	}
	vectors, err := contextOf(t, sextant.WithModel(m)).Embed(bg, sextant.PoolModel, true, "the captain", "a ship")
	if err != nil || len(vectors) != 2 || len(vectors[0]) == 0 || vectors[0][0] == vectors[1][0] {
		t.Errorf("vectors %v, error %v", vectors, err)
	}
	if _, err := contextOf(t, sextant.WithModel(m)).Rerank(bg, "who?", "the captain"); !errors.Is(err, sextant.ErrUnsupported) {
		t.Errorf("error %v", err)
	}
	matrix := filepath.Join(t.TempDir(), "m.imatrix")
	if err := contextOf(t, sextant.WithModel(m), sextant.Batch(16)).Imatrix(bg, "the captain of the ship", matrix); err != nil {
		t.Error(err)
	}
	small := filepath.Join(t.TempDir(), "small.gguf")
	if err := sextant.QuantizeBy(bg, os.Getenv("SX_TINY_MODEL"), small, "q4_0", matrix, 1); err != nil {
		t.Error(err)
	}
	floats, err := sextant.Dequantize("q8_0", append([]byte{0, 0x3c}, make([]byte, 32)...), 32)
	if err != nil || len(floats) != 32 || floats[7] != 0 {
		t.Errorf("floats %v, error %v", floats, err)
	}
}

func answerOf(t *testing.T, c *sextant.Context) string {
	t.Helper()
	reply, err := c.Generate(bg, "the captain and the ship", nil, sextant.MaxTokens(6))
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Close()
	if _, err := io.ReadAll(reply); err != nil {
		t.Fatal(err)
	}
	return reply.Text()
}

func TestState(t *testing.T) {
	m := modelOf(t)
	c := contextOf(t, sextant.WithModel(m), sextant.MaxContext(64))
	first := answerOf(t, c)
	used, err := c.Used()
	if size, err2 := c.Size(); err != nil || err2 != nil || used <= 6 || size != 64 {
		t.Fatalf("%d positions of %d, errors %v, %v", used, size, err, err2)
	}
	path := filepath.Join(t.TempDir(), "state")
	if err := c.Save(path); err != nil {
		t.Fatal(err)
	}
	state, err := c.Export()
	if err != nil {
		t.Fatal(err)
	}
	child, err := c.Fork()
	if err != nil {
		t.Fatal(err)
	}
	defer child.Close()
	other := contextOf(t, sextant.WithModel(m))
	if err := other.Restore(path); err != nil {
		t.Fatal(err)
	}
	if a, b := answerOf(t, child), answerOf(t, other); a != first || b != first {
		t.Errorf("%q, forked %q, restored %q", first, a, b)
	}
	if err := other.Import(state[:len(state)-1]); !errors.Is(err, sextant.ErrFormat) {
		t.Errorf("error %v", err)
	}
	if err := other.Import(state); err != nil {
		t.Fatal(err)
	}
	if err := other.Drop(2, 4); err != nil {
		t.Fatal(err)
	}
	if n, _ := other.Used(); n != used-2 {
		t.Errorf("%d positions of %d after two were dropped", n, used)
	}
	if err := other.Drop(1, -1); err != nil {
		t.Fatal(err)
	}
	if n, _ := other.Used(); n != 1 {
		t.Errorf("%d positions after all but one were dropped", n)
	}
	if err := contextOf(t, sextant.WithModel(m), sextant.WithKV(sextant.KVQ8)).Import(state); !errors.Is(err, sextant.ErrInvalid) {
		t.Errorf("error %v", err)
	}
}

func TestIdentity(t *testing.T) {
	if sextant.Version() == "" || sextant.BuildInfo("api_level") != "3" || len(sextant.GuardTypes()) < 9 {
		t.Errorf("version %q, level %q, types %v", sextant.Version(), sextant.BuildInfo("api_level"), sextant.GuardTypes())
	}
}

func TestReadingAReplyWhileItIsPulled(t *testing.T) {
	c := contextOf(t, sextant.WithModel(modelOf(t)))
	reply, err := c.Generate(bg, "the captain", nil, sextant.MaxTokens(200), sextant.IgnoreEOS())
	if err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				_, _, _ = reply.Text(), reply.Tokens(), reply.Citations()
			}
		}
	}()
	var text strings.Builder
	for {
		piece, err := reply.Next()
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, sextant.ErrBusy) {
			t.Fatal(err)
		}
		text.WriteString(piece)
	}
	close(stop)
	<-done
	c.Close()
	if reply.Text() != text.String() || text.Len() == 0 {
		t.Errorf("text %q, pieces %q", reply.Text(), text.String())
	}
	reply.Close()
}
