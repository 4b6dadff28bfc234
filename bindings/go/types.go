package sextant

import "sextant/internal/raw"

// Format says how to read a document.
type Format uint

// Formats; ByName goes by the name's ending, else by the first bytes, else text.
const (
	ByName   Format = 0
	Text     Format = 1
	Markdown Format = 2
	HTML     Format = 3
	DOCX     Format = 4
	EPUB     Format = 5
	PDF      Format = 6
	// PageIndex is PageIndex's JSON tree.
	PageIndex Format = 7
)

// ISA is the highest instruction-set level to use.
type ISA uint

// Instruction-set levels.
const (
	BestISA ISA = 0
	Scalar  ISA = 1
	AVX2    ISA = 2
	AVX512  ISA = 3
	AMX     ISA = 4
)

// NodeKind is what a node of a document's tree is.
type NodeKind uint

// Kinds of nodes.
const (
	Document  NodeKind = 1
	Section   NodeKind = 2
	Paragraph NodeKind = 3
	Sentence  NodeKind = 4
	Group     NodeKind = 5
)

// TraceAction is what became of a node that retrieval considered.
type TraceAction uint

// What retrieval did with a node.
const (
	Kept  TraceAction = 1
	Left  TraceAction = 2
	Found TraceAction = 3
)

// Score is how likely a text is: logarithms (natural) of its tokens' probabilities, and their sum. Top holds the likeliest
// tokens at each place, where asked for.
type Score struct {
	Sum      float64
	Tokens   []int32
	Logprobs []float64
	Top      [][]Likely
}

// ScoreOpts changes a scoring: how many of the likeliest tokens are kept, how many bytes at the beginning of each text are
// read and not scored (nil: none), and how the texts become tokens.
type ScoreOpts struct {
	Top                 uint
	Given               []int
	NoBOS, ParseSpecial bool
}

// Finish is why an answer ended.
type Finish uint

// Ends of an answer.
const (
	FinishNone     Finish = 0
	FinishStop     Finish = 1
	FinishLength   Finish = 2
	FinishCancel   Finish = 3
	FinishBlocked  Finish = 4
	FinishNotFound Finish = 5
)

// Action is what to do with a finding.
type Action uint

// Actions.
const (
	DefaultAction Action = 0
	Allow         Action = 1
	Replace       Action = 2
	Mask          Action = 3
	Remove        Action = 4
	Hash          Action = 5
	Pseudonym     Action = 6
	Review        Action = 7
	Block         Action = 8
)

// Direction is where a text stands on its way.
type Direction uint

// Directions; they can be joined with |.
const (
	Input         Direction = 1
	EvidenceText  Direction = 2
	Output        Direction = 4
	AllDirections Direction = 7
)

// Decision is the guard's decision on a text.
type Decision uint

// Decisions, the weakest first.
const (
	Allowed  Decision = 1
	Redacted Decision = 2
	Reviewed Decision = 3
	Blocked  Decision = 4
)

// Doc is a document of a corpus: bytes of canonical text, nodes of its tree, hash of its root.
type Doc struct {
	Name  string
	Bytes int
	Nodes int
	Hash  string
	About []string // what is said about it: "folder=leases", "label=legal", "year=2024"
}

// Node is one place in a document's tree; [Start, End) are bytes of the canonical text.
type Node struct {
	ID         string
	Parent     int // position in the tree, -1 for the root
	Kind       NodeKind
	Depth      int
	Title      string
	Start, End int
	Hash       string
}

// Hit is a passage that retrieval found; [Start, End) are bytes of the canonical text.
type Hit struct {
	Doc, Node, Path, Text string
	Start, End            int
	Score                 float64
	Page                  int // from 1; 0 in a document without pages
}

// Step is one line of the scratchpad: what retrieval considered at a level, and why it kept or left it.
type Step struct {
	Doc, Node string
	Depth     int
	Action    TraceAction
	Score     float64
	Reason    string
	Lexical   float64 // what the words alone say
	Judged    float64 // what the judge says, 0 to 1; negative when it was not asked
}

// Citation is a verified citation of an answer: it names a node of the evidence.
type Citation struct {
	Node, Doc, Path, Text string
	Start, End            int
	Support               float64
	Page                  int // from 1; 0 in a document without pages
}

// Usage counts tokens and milliseconds of a reply.
type Usage struct {
	PromptTokens, OutputTokens int
	PromptMs, OutputMs         float64
	Steps                      int // evaluations behind the prompt's; fewer than tokens when drafts came true
}

// Finding is personal data seen in a text; [Start, End) are bytes of the original text.
type Finding struct {
	Type       string
	Start, End int
	Score      float64
	Rule       string
	Action     Action
	Label      string // the policy's word for it, "" for none
}

// Verdict is the guard's decision, the text that may go on, and its findings in order of start.
type Verdict struct {
	Decision Decision
	Text     string
	Findings []Finding
}

func verdictOf(v raw.Llm_verdict) Verdict {
	made := Verdict{Decision: Decision(raw.Llm_verdict_action(v)), Text: raw.Sx_verdict_text(v)}
	n := raw.Llm_verdict_count(v)
	for i := uint(0); i < n; i++ {
		made.Findings = append(made.Findings, Finding{
			Type: raw.Llm_verdict_type(v, i), Start: int(raw.Llm_verdict_start(v, i)),
			End: int(raw.Llm_verdict_end(v, i)), Score: raw.Llm_verdict_score(v, i),
			Rule: raw.Llm_verdict_rule(v, i), Action: Action(raw.Llm_verdict_finding_action(v, i)),
			Label: raw.Llm_verdict_label(v, i),
		})
	}
	return made
}

// Version is the version of the library that is loaded.
func Version() string { return raw.Llm_version() }

// BuildInfo is a fact of the library's build by key, "" for an unknown one: "api_level", "compiler", "isa", "sqlite",
// "sodium", "unicode".
func BuildInfo(key string) string { return raw.Llm_build_info(key) }

// GuardPresets are the policies that come with the library: name to JSON.
func GuardPresets() map[string]string {
	presets := map[string]string{}
	for i := uint(0); ; i++ {
		name := raw.Llm_guard_preset_name(i)
		if name == "" {
			return presets
		}
		presets[name] = raw.Llm_guard_preset_policy(i)
	}
}

// GuardTypes lists the finding types this library knows.
func GuardTypes() []string {
	var types []string
	for i := uint(0); ; i++ {
		name := raw.Llm_guard_type(i)
		if name == "" {
			return types
		}
		types = append(types, name)
	}
}
