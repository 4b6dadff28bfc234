package sextant

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"runtime"

	"sextant/internal/raw"
)

// Model is the weights and tokenizer of one file; goroutines and contexts may share it.
type Model struct {
	life
	raw raw.Llm_model
}

type modelOpts struct {
	threads int
	isa     ISA
}

// ModelOption changes how a model is loaded.
type ModelOption func(*modelOpts)

// Threads sets the model's workers; 0 takes the smaller of the affinity mask and the cgroup's quota.
func Threads(n int) ModelOption { return func(o *modelOpts) { o.threads = n } }

// MaxISA limits the instruction-set level.
func MaxISA(isa ISA) ModelOption { return func(o *modelOpts) { o.isa = isa } }

// LoadModel maps a GGUF file (the first, of a split one) or a folder of safetensors and checks it whole.
func LoadModel(ctx context.Context, path string, opts ...ModelOption) (*Model, error) {
	const op = "load model"
	if err := cstring(op, "a path", path); err != nil {
		return nil, err
	}
	return loadModel(ctx, op, opts, func(o modelOpts, stop raw.Llm_cancel, e raw.Llm_error) raw.Llm_model {
		return raw.Sx_model_load(path, uint(o.threads), uint(o.isa), stop, logQueue, e)
	})
}

// LoadModelBytes loads a model from the bytes of a GGUF file, of which it keeps a copy in a temporary file without a name.
func LoadModelBytes(ctx context.Context, data []byte, opts ...ModelOption) (*Model, error) {
	return loadModel(ctx, "load model", opts, func(o modelOpts, stop raw.Llm_cancel, e raw.Llm_error) raw.Llm_model {
		return raw.Sx_model_load_copy(string(data), uint(o.threads), uint(o.isa), stop, logQueue, e)
	})
}

// LoadModelAt maps a GGUF file that lies at an offset of an open one; length 0 stands for all that follows. The file may
// be closed afterwards.
func LoadModelAt(ctx context.Context, f *os.File, offset, length int64, opts ...ModelOption) (*Model, error) {
	const op = "load model"
	if f == nil || offset < 0 || length < 0 {
		return nil, invalid(op, "there is no file, or the offset or the length is negative")
	}
	defer runtime.KeepAlive(f)
	return loadModel(ctx, op, opts, func(o modelOpts, stop raw.Llm_cancel, e raw.Llm_error) raw.Llm_model {
		return raw.Sx_model_load_fd(int(f.Fd()), uint64(offset), uint64(length), uint(o.threads), uint(o.isa), stop,
			logQueue, e)
	})
}

func loadModel(ctx context.Context, op string, opts []ModelOption,
	load func(modelOpts, raw.Llm_cancel, raw.Llm_error) raw.Llm_model) (*Model, error) {
	var o modelOpts
	for _, opt := range opts {
		opt(&o)
	}
	if o.threads < 0 {
		return nil, invalid(op, "the number of threads is negative")
	}
	m := &Model{}
	err := run(ctx, op, func(stop raw.Llm_cancel, e raw.Llm_error) {
		m.raw = load(o, stop, e)
	})
	if err != nil {
		return nil, err
	}
	h := m.raw
	m.name, m.free = "model", func() { raw.Llm_model_free(h) }
	runtime.SetFinalizer(m, func(m *Model) { m.close() })
	return m, nil
}

// Close drops your reference; contexts made on the model keep theirs.
func (m *Model) Close() error {
	m.close()
	return nil
}

// Info is a fact by key ("arch", "name", "type", "isa", "threads", "license", or a metadata key), "" when there is none.
func (m *Model) Info(key string) string {
	if m.enter("model info") != nil {
		return ""
	}
	defer m.leave()
	return raw.Llm_model_info(m.raw, key)
}

// NVocab is the number of entries of the vocabulary.
func (m *Model) NVocab() int {
	if m.enter("vocabulary") != nil {
		return 0
	}
	defer m.leave()
	return int(raw.Llm_model_n_vocab(m.raw))
}

// NCtx is the number of tokens of context the model was trained for.
func (m *Model) NCtx() int {
	if m.enter("context length") != nil {
		return 0
	}
	defer m.leave()
	return int(raw.Llm_model_n_ctx(m.raw))
}

// NEmbd is the number of floats of a vector that Context.Embed makes.
func (m *Model) NEmbd() int {
	if m.enter("embedding length") != nil {
		return 0
	}
	defer m.leave()
	return int(raw.Llm_model_n_embd(m.raw))
}

// Token is the id of a special token ("bos", "eos", "unk", "pad", "eot"), -1 when there is none.
func (m *Model) Token(name string) int32 {
	if m.enter("token") != nil {
		return -1
	}
	defer m.leave()
	return int32(raw.Llm_model_token(m.raw, name))
}

// TokenFlags say how text and token ids are turned into each other.
type TokenFlags uint

// Special adds what the model wants around a text; Parse takes (or renders) special tokens written in the text.
const (
	Special TokenFlags = 1
	Parse   TokenFlags = 2
)

// Tokenize turns text into token ids.
func (m *Model) Tokenize(text string, flags TokenFlags) ([]int32, error) {
	if err := m.enter("tokenize"); err != nil {
		return nil, err
	}
	defer m.leave()
	var ids string
	err := quick("tokenize", func(e raw.Llm_error) { ids = raw.Sx_tokenize(m.raw, text, uint(flags), e) })
	return int32s(ids), err
}

// Detokenize turns token ids into text, which may end inside a code point.
func (m *Model) Detokenize(ids []int32, flags TokenFlags) (string, error) {
	if err := m.enter("detokenize"); err != nil {
		return "", err
	}
	defer m.leave()
	var text string
	err := quick("detokenize", func(e raw.Llm_error) { text = raw.Sx_detokenize(m.raw, idBytes(ids), uint(flags), e) })
	return text, err
}

// Chat renders a chat template: vars is marshalled to a JSON object whose fields are the template's variables ("messages",
// "add_generation_prompt", ...). With the source "" the model's own template is used. Give the text to Generate with
// ParseSpecial and NoBOS.
func (m *Model) Chat(source string, vars interface{}) (string, error) {
	const op = "chat template"
	fields, err := json.Marshal(vars)
	if err != nil {
		return "", invalid(op, err.Error())
	}
	if err := m.enter(op); err != nil {
		return "", err
	}
	defer m.leave()
	var text string
	err = quick(op, func(e raw.Llm_error) { text = raw.Sx_chat_template(m.raw, source, string(fields), e) })
	return text, err
}

// ToolCall is a call of a tool that a model asks for; Arguments is a JSON object.
type ToolCall struct {
	ID        string
	Name      string
	Arguments string
}

// ChatAnswer is what a model answered to a chat prompt. Malformed: a call could not be read and stays in the content.
type ChatAnswer struct {
	Content   string
	Reasoning string
	ToolCalls []ToolCall
	Malformed bool
}

// ParseChat reads an answer, made with ShowSpecial, to a prompt of Chat. With the source "" the dialect is that of the
// model's own template. When the answer goes on, partial holds back what could still become a mark or a call.
func (m *Model) ParseChat(source, prompt, answer string, partial bool) (ChatAnswer, error) {
	const op = "chat parse"
	var made ChatAnswer
	if err := m.enter(op); err != nil {
		return made, err
	}
	defer m.leave()
	var text string
	var flags uint
	if partial {
		flags = uint(raw.LLM_CHAT_PARTIAL)
	}
	err := quick(op, func(e raw.Llm_error) { text = raw.Sx_chat_parse(m.raw, source, prompt, answer, flags, e) })
	if err != nil {
		return made, err
	}
	var fields struct {
		Content, Reasoning string
		Malformed          bool
		Calls              []struct {
			ID       string
			Function struct{ Name, Arguments string }
		} `json:"tool_calls"`
	}
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return made, invalid(op, err.Error())
	}
	made = ChatAnswer{Content: fields.Content, Reasoning: fields.Reasoning, Malformed: fields.Malformed}
	for _, c := range fields.Calls {
		made.ToolCalls = append(made.ToolCalls, ToolCall{c.ID, c.Function.Name, c.Function.Arguments})
	}
	return made, nil
}

// Adapter is a low-rank adapter (LoRA) for a model; goroutines and contexts may share it.
type Adapter struct {
	life
	raw raw.Llm_adapter
}

// LoadAdapter reads an adapter and checks it against the model.
func (m *Model) LoadAdapter(path string) (*Adapter, error) {
	const op = "load adapter"
	if err := cstring(op, "a path", path); err != nil {
		return nil, err
	}
	if err := m.enter(op); err != nil {
		return nil, err
	}
	defer m.leave()
	a := &Adapter{}
	if err := quick(op, func(e raw.Llm_error) { a.raw = raw.Sx_adapter_load(m.raw, path, e) }); err != nil {
		return nil, err
	}
	h := a.raw
	a.name, a.free = "adapter", func() { raw.Llm_adapter_free(h) }
	runtime.SetFinalizer(a, func(a *Adapter) { a.close() })
	return a, nil
}

// Close drops your reference; contexts that carry the adapter keep theirs.
func (a *Adapter) Close() error {
	a.close()
	return nil
}

// Dequantize decodes quantised blocks of a GGUF type name ("q4_0") to count floats.
func Dequantize(typ string, data []byte, count int) ([]float32, error) {
	if count < 0 {
		return nil, invalid("dequantize", "the count is negative")
	}
	var out string
	err := quick("dequantize", func(e raw.Llm_error) { out = raw.Sx_dequantize(typ, string(data), uint64(count), e) })
	return float32s(out), err
}

// Quantize writes the model file in as out in a smaller type, whole or not at all; recipe is "q8_0", "q4_k_m"...
func Quantize(ctx context.Context, in, out, recipe string, threads int) error {
	const op = "quantize"
	for _, s := range []string{in, out, recipe} {
		if err := cstring(op, "a path or recipe", s); err != nil {
			return err
		}
	}
	if threads < 0 {
		return invalid(op, "the number of threads is negative")
	}
	return run(ctx, op, func(stop raw.Llm_cancel, e raw.Llm_error) {
		raw.Llm_quantize(in, out, recipe, uint(threads), stop, e)
	})
}

// QuantizeBy does the same by an importance matrix that Context.Imatrix wrote.
func QuantizeBy(ctx context.Context, in, out, recipe, imatrix string, threads int) error {
	const op = "quantize"
	for _, s := range []string{in, out, recipe, imatrix} {
		if err := cstring(op, "a path or recipe", s); err != nil {
			return err
		}
	}
	if threads < 0 {
		return invalid(op, "the number of threads is negative")
	}
	return run(ctx, op, func(stop raw.Llm_cancel, e raw.Llm_error) {
		raw.Llm_quantize_weighted(in, out, recipe, imatrix, uint(threads), stop, e)
	})
}

// The raw calls take and give arrays as the machine's own bytes: cgo runs on little-endian machines of ours only.
func idBytes(ids []int32) string {
	b := make([]byte, 4*len(ids))
	for i, id := range ids {
		binary.LittleEndian.PutUint32(b[4*i:], uint32(id))
	}
	return string(b)
}

func int32s(s string) []int32 {
	ids := make([]int32, len(s)/4)
	b := []byte(s)
	for i := range ids {
		ids[i] = int32(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return ids
}

func float32s(s string) []float32 {
	floats := make([]float32, len(s)/4)
	b := []byte(s)
	for i := range floats {
		floats[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return floats
}
