package sextant

import (
	"context"
	"encoding/binary"
	"math"
	"runtime"
	"strings"

	"sextant/internal/raw"
)

// Context is one caller's connection to a model, a corpus and a guard. One call at a time.
type Context struct {
	life
	raw   raw.Llm_ctx
	model *Model
}

type ctxOpts struct {
	model        *Model
	corpus       *Corpus
	guard        *Guard
	flags        uint
	nCtx, nBatch uint
	kvType       uint
}

// ContextOption says what a context is opened on, and how.
type ContextOption func(*ctxOpts)

// WithModel gives the context a model.
func WithModel(m *Model) ContextOption { return func(o *ctxOpts) { o.model = m } }

// WithCorpus gives the context a corpus.
func WithCorpus(c *Corpus) ContextOption { return func(o *ctxOpts) { o.corpus = c } }

// WithGuard gives the context a policy of its own instead of the default one.
func WithGuard(g *Guard) ContextOption { return func(o *ctxOpts) { o.guard = g } }

// WithoutGuard lets Generate run no guard; Check still works.
func WithoutGuard() ContextOption { return func(o *ctxOpts) { o.flags |= uint(raw.LLM_CTX_NO_GUARD) } }

// MaxContext sets the most tokens of prompt and answer together.
func MaxContext(tokens uint) ContextOption { return func(o *ctxOpts) { o.nCtx = tokens } }

// Batch sets the prompt tokens per evaluation.
func Batch(tokens uint) ContextOption { return func(o *ctxOpts) { o.nBatch = tokens } }

// KVFloat32 keeps the KV cache in 32-bit floats.
func KVFloat32() ContextOption { return func(o *ctxOpts) { o.kvType = uint(raw.LLM_KV_F32) } }

// KVType is how the KV cache keeps its numbers: KVF16, the default, KVBF16, KVQ8 (half of it) or KVQ4 (a quarter).
type KVType uint

// The types of KVType.
const (
	KVF16  = KVType(raw.LLM_KV_F16)
	KVF32  = KVType(raw.LLM_KV_F32)
	KVBF16 = KVType(raw.LLM_KV_BF16)
	KVQ8   = KVType(raw.LLM_KV_Q8_0)
	KVQ4   = KVType(raw.LLM_KV_Q4_0)
)

// WithKV chooses how the KV cache keeps its numbers.
func WithKV(kind KVType) ContextOption { return func(o *ctxOpts) { o.kvType = uint(kind) } }

// NewContext opens a context; model, corpus and guard are each optional and may be closed before it.
func NewContext(opts ...ContextOption) (*Context, error) {
	const op = "open context"
	var o ctxOpts
	for _, opt := range opts {
		opt(&o)
	}
	var m raw.Llm_model
	var co raw.Llm_corpus
	var g raw.Llm_guard
	if o.model != nil {
		if err := o.model.enter(op); err != nil {
			return nil, err
		}
		defer o.model.leave()
		m = o.model.raw
	}
	if o.corpus != nil {
		if err := o.corpus.enter(op); err != nil {
			return nil, err
		}
		defer o.corpus.leave()
		co = o.corpus.raw
	}
	if o.guard != nil {
		if err := o.guard.enter(op); err != nil {
			return nil, err
		}
		defer o.guard.leave()
		g = o.guard.raw
	}
	c := &Context{model: o.model}
	err := quick(op, func(e raw.Llm_error) {
		c.raw = raw.Sx_ctx_create(m, co, g, o.flags, o.nCtx, o.nBatch, o.kvType, logQueue, e)
	})
	if err != nil {
		return nil, err
	}
	c.own()
	return c, nil
}

func (c *Context) own() {
	h := c.raw
	c.exclusive = true
	c.name, c.free = "context", func() { raw.Llm_ctx_free(h) }
	runtime.SetFinalizer(c, func(c *Context) { c.close() })
}

// Close frees the context.
func (c *Context) Close() error {
	c.close()
	return nil
}

// Used tells how many positions of the context are filled.
func (c *Context) Used() (int, error) {
	const op = "used"
	if err := c.enter(op); err != nil {
		return 0, err
	}
	defer c.leave()
	var n int64
	err := quick(op, func(e raw.Llm_error) { n = raw.Sx_ctx_used(c.raw, e) })
	return int(n), err
}

// Size tells how many positions the context has.
func (c *Context) Size() (int, error) {
	const op = "size"
	if err := c.enter(op); err != nil {
		return 0, err
	}
	defer c.leave()
	var n int64
	err := quick(op, func(e raw.Llm_error) { n = raw.Sx_ctx_size(c.raw, e) })
	return int(n), err
}

// Save writes what the model has read in this context into a file, for Restore on the same model.
func (c *Context) Save(path string) error {
	const op = "save"
	if err := cstring(op, "path", path); err != nil {
		return err
	}
	if err := c.enter(op); err != nil {
		return err
	}
	defer c.leave()
	return quick(op, func(e raw.Llm_error) { raw.Sx_ctx_save(c.raw, path, e) })
}

// Restore replaces the state by a saved one, or leaves it as it is when the file is not right.
func (c *Context) Restore(path string) error {
	const op = "restore"
	if err := cstring(op, "path", path); err != nil {
		return err
	}
	if err := c.enter(op); err != nil {
		return err
	}
	defer c.leave()
	return quick(op, func(e raw.Llm_error) { raw.Sx_ctx_load(c.raw, path, e) })
}

// Export gives the state as bytes, for Import.
func (c *Context) Export() ([]byte, error) {
	const op = "export"
	if err := c.enter(op); err != nil {
		return nil, err
	}
	defer c.leave()
	var state string
	err := quick(op, func(e raw.Llm_error) { state = raw.Sx_ctx_export(c.raw, e) })
	if err != nil {
		return nil, err
	}
	return []byte(state), nil
}

// Import replaces the state by one that Export gave, or leaves it as it is.
func (c *Context) Import(state []byte) error {
	const op = "import"
	if err := c.enter(op); err != nil {
		return err
	}
	defer c.leave()
	return quick(op, func(e raw.Llm_error) { raw.Sx_ctx_import(c.raw, string(state), e) })
}

// Fork opens a second context in the same state; both go on independently, and memory is shared until one writes.
func (c *Context) Fork() (*Context, error) {
	const op = "fork"
	if err := c.enter(op); err != nil {
		return nil, err
	}
	defer c.leave()
	child := &Context{model: c.model}
	if err := quick(op, func(e raw.Llm_error) { child.raw = raw.Sx_ctx_fork(c.raw, e) }); err != nil {
		return nil, err
	}
	child.own()
	return child, nil
}

// Drop forgets positions begin to end-1 (end < 0: to the last); what stands behind moves up.
func (c *Context) Drop(begin, end int) error {
	const op = "drop"
	if begin < 0 || int64(begin) > math.MaxUint32 || int64(end) > math.MaxUint32 {
		return &Error{Op: op, Code: ErrInvalid, Msg: "positions are out of range"}
	}
	last := uint(math.MaxUint32)
	if end >= 0 {
		last = uint(end)
	}
	if err := c.enter(op); err != nil {
		return err
	}
	defer c.leave()
	return quick(op, func(e raw.Llm_error) { raw.Sx_ctx_drop(c.raw, uint(begin), last, e) })
}

type retrieveOpts struct {
	top, beam   uint
	doc, filter string
	flags       uint
	judgeWeight float32
	judgeMS     uint
	judgeTokens uint64
	judge       JudgeFunc
}

// RetrieveOption narrows a retrieval.
type RetrieveOption func(*retrieveOpts)

// Top sets the most passages returned.
func Top(n uint) RetrieveOption { return func(o *retrieveOpts) { o.top = n } }

// Beam sets the branches kept per level.
func Beam(n uint) RetrieveOption { return func(o *retrieveOpts) { o.beam = n } }

// Judge lets the context's model judge the branches, within a budget of milliseconds (0: no limit) and tokens (0: 16384).
// weight is that of its opinion in the blend, 0: 0.6.
func Judge(weight float32, ms uint, tokens uint64) RetrieveOption {
	return func(o *retrieveOpts) {
		o.flags |= raw.LLM_RETRIEVE_JUDGE
		o.judgeWeight, o.judgeMS, o.judgeTokens = weight, ms, tokens
	}
}

// JudgeByLetters lets the context's model name passages by letters, beside Judge or alone; the numbers as in Judge.
func JudgeByLetters(weight float32, ms uint, tokens uint64) RetrieveOption {
	return func(o *retrieveOpts) {
		o.flags |= raw.LLM_RETRIEVE_LETTERS
		o.judgeWeight, o.judgeMS, o.judgeTokens = weight, ms, tokens
	}
}

// InDoc keeps to one document.
func InDoc(name string) RetrieveOption { return func(o *retrieveOpts) { o.doc = name } }

// Where keeps to the documents that fit, such as "folder ^= leases and (year >= 2020 or not draft)".
func Where(filter string) RetrieveOption { return func(o *retrieveOpts) { o.filter = filter } }

// Evidence is what a retrieval found, best first. Hits and Confidence stay readable after Close.
type Evidence struct {
	life
	raw raw.Llm_evidence
	// Hits are the passages.
	Hits []Hit
	// Confidence is the calibrated probability that the answer is in the evidence at all.
	Confidence float64
}

// Retrieve finds evidence for a question by descending the document trees.
func (c *Context) Retrieve(ctx context.Context, question string, opts ...RetrieveOption) (*Evidence, error) {
	const op = "retrieve"
	var o retrieveOpts
	for _, opt := range opts {
		opt(&o)
	}
	if err := cstring(op, "a document's name or filter", o.doc+o.filter); err != nil {
		return nil, err
	}
	if err := c.enter(op); err != nil {
		return nil, err
	}
	defer c.leave()
	ev := &Evidence{}
	var err error
	if o.judge != nil {
		ev.raw, err = c.retrieveJudged(ctx, op, question, &o)
	} else {
		err = run(ctx, op, func(stop raw.Llm_cancel, e raw.Llm_error) {
			ev.raw = raw.Sx_retrieve(c.raw, question, o.top, o.beam, o.doc, o.filter, o.flags, o.judgeWeight, o.judgeMS, o.judgeTokens,
				stop, e)
		})
	}
	if err != nil {
		return nil, err
	}
	h := ev.raw
	ev.name, ev.free = "evidence", func() { raw.Llm_evidence_free(h) }
	runtime.SetFinalizer(ev, func(ev *Evidence) { ev.close() })
	ev.Confidence = raw.Llm_evidence_confidence(h)
	ev.Hits = make([]Hit, raw.Llm_evidence_count(h))
	for i := range ev.Hits {
		at := uint(i)
		ev.Hits[i] = Hit{
			Doc: raw.Llm_evidence_doc(h, at), Node: raw.Llm_evidence_node(h, at), Path: raw.Llm_evidence_path(h, at),
			Text: raw.Llm_evidence_text(h, at), Start: int(raw.Llm_evidence_start(h, at)),
			End: int(raw.Llm_evidence_end(h, at)), Score: raw.Llm_evidence_score(h, at),
			Page: int(raw.Llm_evidence_page(h, at)),
		}
	}
	return ev, nil
}

// Close frees the evidence.
func (ev *Evidence) Close() error {
	ev.close()
	return nil
}

// Trace is the scratchpad: what was considered at each level, in order.
func (ev *Evidence) Trace() ([]Step, error) {
	if err := ev.enter("trace"); err != nil {
		return nil, err
	}
	defer ev.leave()
	steps := make([]Step, raw.Llm_trace_count(ev.raw))
	for i := range steps {
		at := uint(i)
		steps[i] = Step{
			Doc: raw.Llm_trace_doc(ev.raw, at), Node: raw.Llm_trace_node(ev.raw, at),
			Depth: int(raw.Llm_trace_depth(ev.raw, at)), Action: TraceAction(raw.Llm_trace_action(ev.raw, at)),
			Score: raw.Llm_trace_score(ev.raw, at), Reason: raw.Llm_trace_reason(ev.raw, at),
			Lexical: raw.Llm_trace_lexical(ev.raw, at), Judged: raw.Llm_trace_judged(ev.raw, at),
		}
	}
	return steps, nil
}

// SetAdapter lets the context carry the adapter from now on, times scale (0: not at all); several add up.
func (c *Context) SetAdapter(a *Adapter, scale float32) error {
	const op = "set adapter"
	if err := c.enter(op); err != nil {
		return err
	}
	defer c.leave()
	if err := a.enter(op); err != nil {
		return err
	}
	defer a.leave()
	return quick(op, func(e raw.Llm_error) { raw.Sx_ctx_set_adapter(c.raw, a.raw, scale, e) })
}

// joined puts texts one after the other, with the lengths the raw calls want beside them.
func joined(texts []string, given []int) (string, string) {
	lens := make([]byte, 16*len(texts))
	for i, text := range texts {
		binary.LittleEndian.PutUint64(lens[16*i:], uint64(len(text)))
		if given != nil {
			binary.LittleEndian.PutUint64(lens[16*i+8:], uint64(given[i]))
		}
	}
	return strings.Join(texts, ""), string(lens)
}

// Score tells how likely the model finds each text after the prompt, which is read once for all.
func (c *Context) Score(ctx context.Context, prompt string, texts ...string) ([]Score, error) {
	return c.ScoreWith(ctx, ScoreOpts{}, prompt, texts...)
}

// ScoreWith does the same with options.
func (c *Context) ScoreWith(ctx context.Context, o ScoreOpts, prompt string, texts ...string) ([]Score, error) {
	const op = "score"
	if o.Given != nil && len(o.Given) != len(texts) {
		return nil, invalid(op, "Given needs one number for each text")
	}
	for _, n := range o.Given {
		if n < 0 {
			return nil, invalid(op, "a number in Given is negative")
		}
	}
	var flags uint
	if o.NoBOS {
		flags |= uint(raw.LLM_SCORE_NO_BOS)
	}
	if o.ParseSpecial {
		flags |= uint(raw.LLM_SCORE_PARSE_SPECIAL)
	}
	if err := c.enter(op); err != nil {
		return nil, err
	}
	defer c.leave()
	var h raw.Llm_scores
	all, lens := joined(texts, o.Given)
	err := run(ctx, op, func(stop raw.Llm_cancel, e raw.Llm_error) {
		h = raw.Sx_score(c.raw, prompt, all, lens, flags, o.Top, stop, e)
	})
	if err != nil {
		return nil, err
	}
	return scoresOf(h, o.Top), nil
}

// ScoreTokens tells how likely the model finds exactly these tokens, from index `from` on (0 counts as 1).
func (c *Context) ScoreTokens(ctx context.Context, tokens []int32, from int) (Score, error) {
	const op = "score tokens"
	if from < 0 {
		return Score{}, invalid(op, "from is negative")
	}
	if err := c.enter(op); err != nil {
		return Score{}, err
	}
	defer c.leave()
	var h raw.Llm_scores
	err := run(ctx, op, func(stop raw.Llm_cancel, e raw.Llm_error) {
		h = raw.Sx_score_tokens(c.raw, idBytes(tokens), uint64(from), 0, stop, e)
	})
	if err != nil {
		return Score{}, err
	}
	return scoresOf(h, 0)[0], nil
}

func scoresOf(h raw.Llm_scores, top uint) []Score {
	defer raw.Llm_scores_free(h)
	scores := make([]Score, raw.Llm_scores_count(h))
	for i := range scores {
		at, n := uint(i), raw.Llm_scores_tokens(h, uint(i))
		scores[i] = Score{Sum: raw.Llm_scores_sum(h, at), Tokens: make([]int32, n), Logprobs: make([]float64, n)}
		for t := range scores[i].Tokens {
			scores[i].Tokens[t] = int32(raw.Llm_scores_token(h, at, uint(t)))
			scores[i].Logprobs[t] = raw.Llm_scores_logprob(h, at, uint(t))
			if top == 0 {
				continue
			}
			likely := make([]Likely, top)
			for k := range likely {
				likely[k] = Likely{int32(raw.Llm_scores_top_token(h, at, uint(t), uint(k))),
					raw.Llm_scores_top_logprob(h, at, uint(t), uint(k))}
			}
			scores[i].Top = append(scores[i].Top, likely)
		}
	}
	return scores
}

// Pooling says how the hidden states of a text's tokens become one vector.
type Pooling uint

// Ways of pooling; PoolModel does as the model's file says.
const (
	PoolModel Pooling = 0
	PoolMean  Pooling = 1
	PoolCLS   Pooling = 2
	PoolLast  Pooling = 3
	PoolNone  Pooling = 4 // one vector per token: EmbedTokens
)

// Embed gives each text as a vector, of length 1 when normalise is set.
func (c *Context) Embed(ctx context.Context, pooling Pooling, normalise bool, texts ...string) ([][]float32, error) {
	const op = "embed"
	if pooling > PoolLast {
		return nil, invalid(op, "this pooling does not give one vector per text")
	}
	return c.embed(ctx, op, pooling, normalise, texts)
}

// EmbedTokens gives one vector for each token of a text, as Tokenize with Special counts them.
func (c *Context) EmbedTokens(ctx context.Context, normalise bool, text string) ([][]float32, error) {
	return c.embed(ctx, "embed tokens", PoolNone, normalise, []string{text})
}

func (c *Context) embed(ctx context.Context, op string, pooling Pooling, normalise bool, texts []string) ([][]float32, error) {
	if c.model == nil {
		return nil, &Error{Op: op, Code: ErrUnsupported, Msg: "the context has no model: pass WithModel to NewContext"}
	}
	if err := c.model.enter(op); err != nil {
		return nil, err
	}
	defer c.model.leave()
	if err := c.enter(op); err != nil {
		return nil, err
	}
	defer c.leave()
	var out string
	var flags uint
	if normalise {
		flags = uint(raw.LLM_EMBED_NORMALISE)
	}
	all, lens := joined(texts, nil)
	err := run(ctx, op, func(stop raw.Llm_cancel, e raw.Llm_error) {
		out = raw.Sx_embed(c.raw, c.model.raw, all, lens, flags, uint(pooling), stop, e)
	})
	if err != nil {
		return nil, err
	}
	flat, width := float32s(out), int(raw.Llm_model_n_embd(c.model.raw))
	rows := make([][]float32, len(flat)/width)
	for i := range rows {
		rows[i] = flat[i*width : (i+1)*width]
	}
	return rows, nil
}

// Rerank tells how well each document answers the query, larger is better: what the model's classification head says.
func (c *Context) Rerank(ctx context.Context, query string, documents ...string) ([]float32, error) {
	const op = "rerank"
	if err := c.enter(op); err != nil {
		return nil, err
	}
	defer c.leave()
	var out string
	all, lens := joined(documents, nil)
	err := run(ctx, op, func(stop raw.Llm_cancel, e raw.Llm_error) {
		out = raw.Sx_rerank(c.raw, query, all, lens, stop, e)
	})
	return float32s(out), err
}

// Imatrix writes an importance matrix of a text for QuantizeBy; the context forgets what it has read.
func (c *Context) Imatrix(ctx context.Context, text, path string) error {
	const op = "importance matrix"
	if err := cstring(op, "a path", path); err != nil {
		return err
	}
	if err := c.enter(op); err != nil {
		return err
	}
	defer c.leave()
	return run(ctx, op, func(stop raw.Llm_cancel, e raw.Llm_error) { raw.Sx_imatrix(c.raw, text, "", path, stop, e) })
}

// Logits are the logits of a token sequence from an empty cache: one row of NVocab floats per token.
func (c *Context) Logits(ctx context.Context, tokens []int32) ([][]float32, error) {
	const op = "logits"
	if c.model == nil {
		return nil, &Error{Op: op, Code: ErrUnsupported, Msg: "the context has no model: pass WithModel to NewContext"}
	}
	if err := c.model.enter(op); err != nil {
		return nil, err
	}
	defer c.model.leave()
	if err := c.enter(op); err != nil {
		return nil, err
	}
	defer c.leave()
	var out string
	err := run(ctx, op, func(stop raw.Llm_cancel, e raw.Llm_error) {
		out = raw.Sx_logits(c.raw, c.model.raw, idBytes(tokens), stop, e)
	})
	if err != nil {
		return nil, err
	}
	flat, width := float32s(out), int(raw.Llm_model_n_vocab(c.model.raw))
	rows := make([][]float32, len(tokens))
	for i := range rows {
		rows[i] = flat[i*width : (i+1)*width]
	}
	return rows, nil
}
