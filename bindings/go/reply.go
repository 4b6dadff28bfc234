package sextant

import (
	"context"
	"errors"
	"io"
	"runtime"

	"sextant/internal/raw"
)

// Reply is an answer being made; Close it before the context's next answer.
type Reply struct {
	life
	raw  raw.Llm_reply
	ctx  context.Context // of Generate: a reply is one call that lasts
	c    *Context
	stop *token
	rest string // of a piece that Read could not hand out whole
	done error
}

type genOpts struct {
	flags, maxTokens, topK                uint
	temperature, topP, minP, minConfident float32
	seed                                  uint64
	stop                                  []string
	sampling                              Sampling
	logprobs                              uint
	grammar, schema                       string
}

// GenOption changes how an answer is made.
type GenOption func(*genOpts)

// MaxTokens sets the most tokens made.
func MaxTokens(n uint) GenOption { return func(o *genOpts) { o.maxTokens = n } }

// Temperature sets the heat of sampling; 0 is greedy.
func Temperature(t float32) GenOption { return func(o *genOpts) { o.temperature = t } }

// TopK keeps the k likeliest tokens.
func TopK(k uint) GenOption { return func(o *genOpts) { o.topK = k } }

// TopP keeps the likeliest tokens that sum to p.
func TopP(p float32) GenOption { return func(o *genOpts) { o.topP = p } }

// MinP drops tokens less likely than p times the likeliest.
func MinP(p float32) GenOption { return func(o *genOpts) { o.minP = p } }

// MinConfidence sets the confidence of the evidence below which the answer is "not found"; negative: never.
func MinConfidence(p float32) GenOption { return func(o *genOpts) { o.minConfident = p } }

// Seed sets the seed: same seed, same text.
func Seed(seed uint64) GenOption { return func(o *genOpts) { o.seed = seed } }

// Stop sets strings that end the answer.
func Stop(stops ...string) GenOption { return func(o *genOpts) { o.stop = stops } }

// IgnoreEOS goes on after an end-of-text token.
func IgnoreEOS() GenOption { return func(o *genOpts) { o.flags |= uint(raw.LLM_GEN_IGNORE_EOS) } }

// NoBOS does not begin the prompt with the model's BOS token.
func NoBOS() GenOption { return func(o *genOpts) { o.flags |= uint(raw.LLM_GEN_NO_BOS) } }

// ShowSpecial writes the answer's special tokens into its text, where ParseChat looks for them.
func ShowSpecial() GenOption { return func(o *genOpts) { o.flags |= uint(raw.LLM_GEN_SHOW_SPECIAL) } }

// ParseSpecial takes special tokens from the prompt's text.
func ParseSpecial() GenOption { return func(o *genOpts) { o.flags |= uint(raw.LLM_GEN_PARSE_SPECIAL) } }

// Logprobs keeps log-probabilities and the n likeliest tokens at each place: see Reply.Logprobs.
func Logprobs(n uint) GenOption { return func(o *genOpts) { o.logprobs = n } }

// Grammar sets what the text must follow, in GBNF; the rule root is the whole.
func Grammar(gbnf string) GenOption { return func(o *genOpts) { o.grammar = gbnf } }

// Schema sets a JSON Schema that the text, then JSON, must satisfy.
func Schema(schema string) GenOption { return func(o *genOpts) { o.schema = schema } }

// Sample sets how tokens are chosen beyond Temperature, TopK, TopP and MinP.
func Sample(s Sampling) GenOption { return func(o *genOpts) { o.sampling = s } }

// Generate begins an answer. Without evidence (nil) the model continues the prompt; with evidence the prompt is a question,
// and the answer cites only the evidence. The end of ctx stops the answer.
func (c *Context) Generate(ctx context.Context, prompt string, evidence *Evidence, opts ...GenOption) (*Reply, error) {
	const op = "generate"
	var o genOpts
	for _, opt := range opts {
		opt(&o)
	}
	stops, err := stringList(op, "the stop strings", o.stop)
	if err != nil {
		return nil, err
	}
	if err := begin(ctx, op); err != nil {
		return nil, err
	}
	if err := c.enter(op); err != nil {
		return nil, err
	}
	defer c.leave()
	var found raw.Llm_evidence
	if evidence != nil {
		if err := evidence.enter(op); err != nil {
			return nil, err
		}
		defer evidence.leave()
		found = evidence.raw
	}
	more, err := moreOpts(op, &o)
	if err != nil {
		return nil, err
	}
	defer raw.Sx_gen_free(more)
	t, err := newToken(op)
	if err != nil {
		return nil, err
	}
	r := &Reply{ctx: ctx, c: c, stop: t}
	e := raw.NewLlm_error()
	defer raw.DeleteLlm_error(e)
	unwatch := t.watch(ctx)
	r.raw = raw.Sx_generate(c.raw, prompt, found, o.flags, o.maxTokens, o.topK, o.temperature, o.topP, o.minP,
		o.minConfident, o.seed, stops, more, t.raw, e)
	unwatch()
	drainLog()
	if err := fromRaw(op, e, ctx); err != nil {
		t.free()
		return nil, err
	}
	h := r.raw
	r.name, r.free = "reply", func() {
		c.whenIdle(func() {
			raw.Llm_reply_free(h)
			t.free()
		})
	}
	runtime.SetFinalizer(r, func(r *Reply) { r.close() })
	return r, nil
}

// Stream is Generate as an iterator that closes the reply when the loop ends:
//
//	for piece, err := range c.Stream(ctx, prompt, nil) { ... }
func (c *Context) Stream(ctx context.Context, prompt string, evidence *Evidence,
	opts ...GenOption) Pieces {
	return func(yield func(string, error) bool) {
		r, err := c.Generate(ctx, prompt, evidence, opts...)
		if err != nil {
			yield("", err)
			return
		}
		defer r.Close()
		r.Pieces()(yield)
	}
}

// Close frees the reply and ends it where it stands.
func (r *Reply) Close() error {
	r.close()
	return nil
}

// Next makes the next piece, whole code points; io.EOF at the end.
func (r *Reply) Next() (string, error) {
	const op = "next piece"
	if r.done != nil {
		return "", r.done
	}
	if err := r.c.enter(op); err != nil {
		return "", err
	}
	defer r.c.leave()
	if err := r.enter(op); err != nil {
		return "", err
	}
	defer r.leave()
	if r.ctx.Err() != nil {
		raw.Llm_cancel_set(r.stop.raw)
	}
	e := raw.NewLlm_error()
	defer raw.DeleteLlm_error(e)
	unwatch := r.stop.watch(r.ctx)
	status := raw.Sx_reply_next(r.raw, r.c.raw, e)
	unwatch()
	drainLog()
	if err := fromRaw(op, e, r.ctx); err != nil {
		if !errors.Is(err, ErrBusy) {
			r.done = err
		}
		return "", err
	}
	if status != int(raw.LLM_MORE) {
		r.done = io.EOF
		return "", io.EOF
	}
	return raw.Sx_reply_piece(r.raw), nil
}

// Pieces iterates over the rest of the answer.
func (r *Reply) Pieces() Pieces {
	return func(yield func(string, error) bool) {
		for {
			piece, err := r.Next()
			if err == io.EOF {
				return
			}
			if !yield(piece, err) || err != nil {
				return
			}
		}
	}
}

// Read makes a Reply an io.Reader.
func (r *Reply) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if r.rest == "" {
		piece, err := r.Next()
		if err != nil {
			return 0, err
		}
		r.rest = piece
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// view begins the reading of a reply, which leave ends.
func (r *Reply) view(op string) error {
	if err := r.c.reading(op); err != nil {
		return err
	}
	if err := r.enter(op); err != nil {
		r.c.leave()
		return err
	}
	return nil
}

func (r *Reply) unview() {
	r.leave()
	r.c.leave()
}

// Text is all pieces so far; like all readers of a reply it gives nothing while another goroutine is in the context.
func (r *Reply) Text() string {
	if r.view("text") != nil {
		return ""
	}
	defer r.unview()
	return raw.Sx_reply_text(r.raw)
}

// Finish is why the answer ended.
func (r *Reply) Finish() Finish {
	if r.view("finish") != nil {
		return FinishNone
	}
	defer r.unview()
	return Finish(raw.Llm_reply_finish(r.raw))
}

// Usage counts tokens and time.
func (r *Reply) Usage() Usage {
	if r.view("usage") != nil {
		return Usage{}
	}
	defer r.unview()
	return Usage{
		PromptTokens: int(raw.Llm_reply_prompt_tokens(r.raw)), OutputTokens: int(raw.Llm_reply_output_tokens(r.raw)),
		PromptMs: raw.Llm_reply_prompt_ms(r.raw), OutputMs: raw.Llm_reply_output_ms(r.raw),
	}
}

// Tokens are the ids of the tokens made so far.
func (r *Reply) Tokens() []int32 {
	if r.view("tokens") != nil {
		return nil
	}
	defer r.unview()
	ids := make([]int32, raw.Llm_reply_output_tokens(r.raw))
	for i := range ids {
		ids[i] = int32(raw.Llm_reply_token(r.raw, uint(i)))
	}
	return ids
}

// Logprobs are those of the tokens made so far, when the option Logprobs asked for them.
func (r *Reply) Logprobs() []TokenLogprob {
	if r.view("logprobs") != nil {
		return nil
	}
	defer r.unview()
	list := make([]TokenLogprob, 0, raw.Llm_reply_output_tokens(r.raw))
	for i := uint(0); i < raw.Llm_reply_output_tokens(r.raw); i++ {
		one := TokenLogprob{Likely: Likely{int32(raw.Llm_reply_token(r.raw, i)), raw.Llm_reply_logprob(r.raw, i)}}
		for k := uint(0); ; k++ {
			id := raw.Llm_reply_top_token(r.raw, i, k)
			if id < 0 {
				break
			}
			one.Top = append(one.Top, Likely{int32(id), raw.Llm_reply_top_logprob(r.raw, i, k)})
		}
		if one.Top == nil {
			return nil
		}
		list = append(list, one)
	}
	return list
}

// Citations are those of the answer so far, verified.
func (r *Reply) Citations() []Citation {
	if r.view("citations") != nil {
		return nil
	}
	defer r.unview()
	list := make([]Citation, raw.Llm_reply_citation_count(r.raw))
	for i := range list {
		at := uint(i)
		list[i] = Citation{
			Node: raw.Llm_reply_citation_node(r.raw, at), Doc: raw.Llm_reply_citation_doc(r.raw, at),
			Path: raw.Llm_reply_citation_path(r.raw, at), Text: raw.Llm_reply_citation_text(r.raw, at),
			Start: int(raw.Llm_reply_citation_start(r.raw, at)), End: int(raw.Llm_reply_citation_end(r.raw, at)),
			Support: raw.Llm_reply_citation_support(r.raw, at), Page: int(raw.Llm_reply_citation_page(r.raw, at)),
		}
	}
	return list
}

// Verdict is what the guard saw on the way in one direction; ok is false when it did not run.
func (r *Reply) Verdict(direction Direction) (v Verdict, ok bool) {
	if r.view("verdict") != nil {
		return Verdict{}, false
	}
	defer r.unview()
	h := raw.Llm_reply_verdict(r.raw, uint(direction))
	if h == nil || h.Swigcptr() == 0 {
		return Verdict{}, false
	}
	return verdictOf(h), true
}
