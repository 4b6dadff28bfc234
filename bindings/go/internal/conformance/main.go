// Command conformance is the Go form of tests/golden/conformance.c: CALLS.jsonl MODEL.gguf.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"sextant"
)

type call struct {
	Call, Name, Text, Hex, Format, Path, Find, Question, Doc, Prompt string
	Readonly, Vault                                                  bool
	NoModel                                                          bool `json:"no_model"`
	Top, Direction, Default, Flags, Cut                              uint
	MaxTokens                                                        uint `json:"max_tokens"`
	TopK                                                             uint `json:"top_k"`
	Seed                                                             uint64
	Temperature                                                      float32
	MinScore                                                         float32 `json:"min_score"`
	Stop, Types, Words                                               []string
	JSON                                                             string
	Actions                                                          map[string]uint
	Source, Model, Query, Answer, Grammar                            string
	Vars                                                             object
	Scores                                                           json.RawMessage
	Texts, Documents                                                 []string
	Given                                                            []int
	Tokens                                                           []int32
	From, Begin, End                                                 int
	Pooling, Logprobs                                                uint
	Normalise, Partial                                               bool
	Weight                                                           float32
	Repeat                                                           float32 `json:"repeat_penalty"`
	Schema                                                           json.RawMessage
	Node, Filter, Hash, Type, Value, Tag                             string
	Folder                                                           *string
	Labels, Meta                                                     []string
	Match                                                            uint
	Spoil                                                            bool
}

type object map[string]interface{}

var bg = context.Background()

func real(v float64) string { return fmt.Sprintf("%.6f", v) }

type world struct {
	path                 string
	model                *sextant.Model
	corpus               *sextant.Corpus
	vault                *sextant.Vault
	ctx, writer, guarded *sextant.Context
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func open(model string) *world {
	w := &world{path: model}
	var err error
	w.model, err = sextant.LoadModel(bg, model)
	must(err)
	w.corpus, err = sextant.OpenCorpus("")
	must(err)
	w.vault, err = sextant.OpenVault("", []byte("0123456789abcdef0123456789abcdef"))
	must(err)
	w.ctx, err = sextant.NewContext(sextant.WithCorpus(w.corpus))
	must(err)
	w.writer, err = sextant.NewContext(sextant.WithModel(w.model))
	must(err)
	w.guarded, err = sextant.NewContext()
	must(err)
	return w
}

func (w *world) close() {
	w.guarded.Close()
	w.writer.Close()
	w.ctx.Close()
	w.vault.Close()
	w.corpus.Close()
	w.model.Close()
}

func (w *world) ingest(c call) (object, error) {
	text := c.Text
	if c.Hex != "" {
		b, err := hex.DecodeString(c.Hex)
		must(err)
		text = string(b)
	}
	formats := map[string]sextant.Format{"markdown": sextant.Markdown, "text": sextant.Text}
	return nil, w.corpus.Ingest(bg, c.Name, text, sextant.As(formats[c.Format]))
}

func (w *world) openCorpus(c call) (object, error) {
	var opts []sextant.CorpusOption
	if c.Readonly {
		opts = append(opts, sextant.ReadOnly())
	}
	corpus, err := sextant.OpenCorpus(c.Path, opts...)
	if err == nil {
		corpus.Close()
	}
	return nil, err
}

func (w *world) docs(call) (object, error) {
	list, err := docsJSON(w.corpus)
	return object{"docs": list}, err
}

func docsJSON(corpus *sextant.Corpus) ([]object, error) {
	docs, err := corpus.Docs()
	list := []object{}
	for _, d := range docs {
		list = append(list, object{"name": d.Name, "bytes": d.Bytes, "nodes": d.Nodes, "hash": d.Hash,
			"about": append([]string{}, d.About...)})
	}
	return list, err
}

func (w *world) tree(c call) (object, error) {
	tree, err := w.corpus.Tree(c.Name)
	if err != nil {
		return nil, err
	}
	nodes := [][]interface{}{}
	for _, n := range tree.Nodes {
		nodes = append(nodes, []interface{}{n.ID, n.Parent, n.Kind, n.Depth, n.Title, n.Start, n.End})
	}
	if c.Find == "" {
		c.Find = "0"
	}
	return object{"nodes": nodes, "found": tree.Find(c.Find), "text": tree.Text}, nil
}

func (w *world) find(c call) (*sextant.Evidence, error) {
	return w.ctx.Retrieve(bg, c.Question, sextant.Top(c.Top), sextant.InDoc(c.Doc), sextant.Where(c.Filter))
}

func (w *world) retrieve(c call) (object, error) {
	found, err := w.find(c)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	return evidenceJSON(found)
}

func evidenceJSON(found *sextant.Evidence) (object, error) {
	hits, trace := []object{}, [][]interface{}{}
	for _, h := range found.Hits {
		hits = append(hits, object{"doc": h.Doc, "node": h.Node, "path": h.Path, "text": h.Text, "start": h.Start,
			"end": h.End, "score": real(h.Score)})
	}
	steps, err := found.Trace()
	for _, s := range steps {
		trace = append(trace, []interface{}{s.Doc, s.Node, s.Depth, s.Action, real(s.Score), s.Reason})
	}
	return object{"confidence": real(found.Confidence), "confident": found.Confidence >= 0.5, "hits": hits,
		"trace": trace}, err
}

func replyJSON(r *sextant.Reply, err error) (object, error) {
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var joined strings.Builder
	r.Pieces()(func(piece string, e error) bool {
		joined.WriteString(piece)
		err = e
		return true
	})
	citations, tokens := []object{}, append([]int32{}, r.Tokens()...)
	for _, c := range r.Citations() {
		citations = append(citations, object{"node": c.Node, "doc": c.Doc, "path": c.Path, "text": c.Text,
			"start": c.Start, "end": c.End, "support": real(c.Support)})
	}
	output, _ := r.Verdict(sextant.Output)
	return object{"text": joined.String(), "whole": joined.String() == r.Text(), "finish": r.Finish(),
		"prompt_tokens": r.Usage().PromptTokens, "tokens": tokens, "citations": citations,
		"output_verdict": output.Decision}, err
}

func (w *world) ask(c call) (object, error) {
	found, err := w.find(c)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	return replyJSON(w.ctx.Generate(bg, c.Question, found))
}

func (w *world) generate(c call) (object, error) {
	ctx := w.writer
	if c.NoModel {
		ctx = w.ctx
	}
	return replyJSON(ctx.Generate(bg, c.Prompt, nil, sextant.MaxTokens(c.MaxTokens), sextant.TopK(c.TopK),
		sextant.Seed(c.Seed), sextant.Temperature(c.Temperature), sextant.Stop(c.Stop...)))
}

func (w *world) tokenize(c call) (object, error) {
	ids, err := w.model.Tokenize(c.Text, sextant.TokenFlags(c.Flags))
	if err != nil {
		return nil, err
	}
	back, err := w.model.Detokenize(ids, 0)
	return object{"tokens": ids, "back": back}, err
}

func (w *world) chat(c call) (object, error) {
	text, err := w.model.Chat(c.Source, c.Vars)
	return object{"text": text}, err
}

func (w *world) load(c call) (object, error) {
	model, err := sextant.LoadModel(bg, c.Path)
	if err == nil {
		model.Close()
	}
	return nil, err
}

func (w *world) policy(c call) (object, error) {
	guard, err := sextant.NewGuard(sextant.Default(sextant.Action(c.Default)), sextant.Policy(c.JSON))
	if err != nil {
		return nil, err
	}
	defer guard.Close()
	if c.Vault {
		err = guard.SetVault(w.vault)
	}
	for typ, action := range c.Actions {
		if err == nil {
			err = guard.SetAction(typ, sextant.AllDirections, sextant.Action(action))
		}
	}
	for _, word := range c.Words {
		if err == nil {
			err = guard.AddWord(word)
		}
	}
	if err != nil {
		return nil, err
	}
	made, err := sextant.NewContext(sextant.WithGuard(guard))
	if err == nil {
		w.guarded.Close()
		w.guarded = made
	}
	return nil, err
}

func checkOpts(c call) []sextant.CheckOption {
	return []sextant.CheckOption{sextant.Toward(sextant.Direction(c.Direction)), sextant.OnlyTypes(c.Types...),
		sextant.Above(c.MinScore)}
}

func verdictJSON(v sextant.Verdict, text string) object {
	findings := []object{}
	for _, f := range v.Findings {
		findings = append(findings, object{"type": f.Type, "start": f.Start, "end": f.End, "rule": f.Rule,
			"action": f.Action, "score": real(f.Score)})
	}
	return object{"decision": v.Decision, "text": text, "findings": findings}
}

func (w *world) guard(c call) (object, error) {
	v, err := w.guarded.Check(bg, c.Text, checkOpts(c)...)
	return verdictJSON(v, v.Text), err
}

func (w *world) guardStream(c call) (object, error) {
	stream, err := w.guarded.GuardStream(checkOpts(c)...)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	var out strings.Builder
	for at := 0; at < len(c.Text); at += int(c.Cut) {
		end := at + int(c.Cut)
		if end > len(c.Text) {
			end = len(c.Text)
		}
		piece, err := stream.Feed(c.Text[at:end])
		if err != nil {
			return nil, err
		}
		out.WriteString(piece)
	}
	last, err := stream.Finish()
	if err != nil {
		return nil, err
	}
	v, err := stream.Verdict()
	return verdictJSON(v, out.String()+last), err
}

func (w *world) restore(c call) (object, error) {
	text, err := w.vault.RestoreAs(c.Text, sextant.Match(c.Match))
	return object{"text": text}, err
}

func (w *world) types(call) (object, error) { return object{"types": sextant.GuardTypes()}, nil }

func (w *world) run(c call) object {
	calls := map[string]func(call) (object, error){
		"ingest": w.ingest, "open": w.openCorpus, "docs": w.docs, "tree": w.tree, "retrieve": w.retrieve, "ask": w.ask,
		"generate": w.generate, "tokenize": w.tokenize, "chat": w.chat, "load": w.load, "policy": w.policy, "guard": w.guard,
		"guard_stream": w.guardStream, "restore": w.restore, "types": w.types,
		"judge": w.judge, "score": w.score, "score_tokens": w.scoreTokens, "embed": w.embed, "rerank": w.rerank,
		"chat_parse": w.chatParse, "constrain": w.constrain, "state": w.state, "edit": w.edit, "describe": w.describe,
		"view": w.view, "pageindex": w.pageIndex, "erase": w.erase, "audit": w.audit,
		"remove": func(c call) (object, error) { return nil, w.corpus.Remove(c.Name) },
	}
	result, err := calls[c.Call](c)
	var failure *sextant.Error
	if errors.As(err, &failure) {
		return object{"error": failure.Code.Error()}
	}
	must(err)
	if result == nil {
		return object{"status": "LLM_OK"}
	}
	return result
}

func main() {
	file, err := os.Open(os.Args[1])
	must(err)
	w := open(os.Args[2])
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), "{") {
			continue
		}
		var c call
		must(json.Unmarshal(lines.Bytes(), &c))
		must(out.Encode(w.run(c)))
	}
	must(lines.Err())
	w.close()
}
