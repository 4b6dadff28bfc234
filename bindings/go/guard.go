package sextant

import (
	"context"
	"runtime"

	"sextant/internal/raw"
)

// Guard is a policy: what to look for, what to do. It can change until a context uses it, then ErrBusy.
type Guard struct {
	life
	raw raw.Llm_guard
}

type guardOpts struct {
	action   Action
	minScore float32
	maxHold  uint
	policy   string
	files    string
	like     *Guard
	cache    string
}

// GuardOption changes a new policy.
type GuardOption func(*guardOpts)

// Default sets the action for types without one of their own.
func Default(action Action) GuardOption { return func(o *guardOpts) { o.action = action } }

// MinScore drops findings below a score.
func MinScore(score float32) GuardOption { return func(o *guardOpts) { o.minScore = score } }

// MaxHold sets the most bytes a stream holds back.
func MaxHold(bytes uint) GuardOption { return func(o *guardOpts) { o.maxHold = bytes } }

// Policy gives the guard a policy in JSON, as docs/policies.md tells, such as {"preset": "gdpr"}; the other options win over it.
func Policy(json string) GuardOption { return func(o *guardOpts) { o.policy = json } }

// PolicyFiles names the folder of the word files that the policy names.
func PolicyFiles(folder string) GuardOption { return func(o *guardOpts) { o.files = folder } }

// Like shares another guard's compiled rules, so that many guards cost little.
func Like(g *Guard) GuardOption { return func(o *guardOpts) { o.like = g } }

// Cache names a folder in which what was compiled is kept for the next process.
func Cache(folder string) GuardOption { return func(o *guardOpts) { o.cache = folder } }

// NewGuard makes a policy.
func NewGuard(opts ...GuardOption) (*Guard, error) {
	var o guardOpts
	for _, opt := range opts {
		opt(&o)
	}
	g := &Guard{}
	var like raw.Llm_guard
	if o.like != nil {
		if err := o.like.enter("make guard"); err != nil {
			return nil, err
		}
		defer o.like.leave()
		like = o.like.raw
	}
	err := quick("make guard", func(e raw.Llm_error) {
		g.raw = raw.Sx_guard_create(uint(o.action), o.minScore, o.maxHold, o.policy, o.files, like, o.cache, logQueue, e)
	})
	if err != nil {
		return nil, err
	}
	h := g.raw
	g.name, g.free = "guard", func() { raw.Llm_guard_free(h) }
	runtime.SetFinalizer(g, func(g *Guard) { g.close() })
	return g, nil
}

// Close drops your reference; contexts keep theirs.
func (g *Guard) Close() error {
	g.close()
	return nil
}

// SetAction says what to do with findings of a type in some directions.
func (g *Guard) SetAction(typ string, directions Direction, action Action) error {
	const op = "set action"
	if err := cstring(op, "a type", typ); err != nil {
		return err
	}
	if err := g.enter(op); err != nil {
		return err
	}
	defer g.leave()
	return quick(op, func(e raw.Llm_error) { raw.Llm_guard_set_action(g.raw, typ, uint(directions), uint(action), e) })
}

// AddWord adds a word of your own, found as type BLOCKED, which asks for Review unless SetAction says otherwise.
func (g *Guard) AddWord(word string) error {
	if err := g.enter("add word"); err != nil {
		return err
	}
	defer g.leave()
	return quick("add word", func(e raw.Llm_error) { raw.Llm_guard_add_word(g.raw, word, e) })
}

// Reload puts another policy in the place of this one, in use or not: running checks end under the old one. What SetAction and
// AddWord said goes with it; after an error the old policy stands.
func (g *Guard) Reload(policy string) error {
	const op = "reload guard"
	if err := g.enter(op); err != nil {
		return err
	}
	defer g.leave()
	return quick(op, func(e raw.Llm_error) { raw.Llm_guard_reload(g.raw, policy, e) })
}

// SetVault gives the policy a vault for Pseudonym and Hash; the guard keeps a reference.
func (g *Guard) SetVault(v *Vault) error {
	const op = "set vault"
	if err := g.enter(op); err != nil {
		return err
	}
	defer g.leave()
	if err := v.enter(op); err != nil {
		return err
	}
	defer v.leave()
	return quick(op, func(e raw.Llm_error) { raw.Llm_guard_set_vault(g.raw, v.raw, e) })
}

type checkOpts struct {
	direction Direction
	types     []string
	minScore  float32
}

// CheckOption changes one check.
type CheckOption func(*checkOpts)

// Toward says where the text stands on its way; Input unless said.
func Toward(direction Direction) CheckOption { return func(o *checkOpts) { o.direction = direction } }

// OnlyTypes keeps to some types of the policy.
func OnlyTypes(types ...string) CheckOption { return func(o *checkOpts) { o.types = types } }

// Above drops findings below a score in this check; negative: no threshold.
func Above(score float32) CheckOption { return func(o *checkOpts) { o.minScore = score } }

func checkArgs(op string, opts []CheckOption) (o checkOpts, types string, err error) {
	for _, opt := range opts {
		opt(&o)
	}
	types, err = stringList(op, "the types", o.types)
	return o, types, err
}

// Check finds personal data in a text and redacts it under the context's policy.
func (c *Context) Check(ctx context.Context, text string, opts ...CheckOption) (Verdict, error) {
	const op = "guard check"
	o, types, err := checkArgs(op, opts)
	if err != nil {
		return Verdict{}, err
	}
	if err := c.enter(op); err != nil {
		return Verdict{}, err
	}
	defer c.leave()
	var v raw.Llm_verdict
	err = run(ctx, op, func(stop raw.Llm_cancel, e raw.Llm_error) {
		v = raw.Sx_guard_check(c.raw, text, uint(o.direction), types, o.minScore, stop, e)
	})
	if err != nil {
		return Verdict{}, err
	}
	defer raw.Llm_verdict_free(v)
	return verdictOf(v), nil
}

// GuardStream is the guard over text that arrives in pieces: the same findings and the same text for any cutting.
type GuardStream struct {
	life
	raw raw.Llm_guard_stream
	c   *Context
}

// GuardStream opens a stream.
func (c *Context) GuardStream(opts ...CheckOption) (*GuardStream, error) {
	const op = "open guard stream"
	o, types, err := checkArgs(op, opts)
	if err != nil {
		return nil, err
	}
	if err := c.enter(op); err != nil {
		return nil, err
	}
	defer c.leave()
	s := &GuardStream{c: c}
	err = quick(op, func(e raw.Llm_error) {
		s.raw = raw.Sx_guard_open(c.raw, uint(o.direction), types, o.minScore, nil, e)
	})
	if err != nil {
		return nil, err
	}
	h := s.raw
	s.name, s.free = "guard stream", func() { c.whenIdle(func() { raw.Llm_guard_close(h) }) }
	runtime.SetFinalizer(s, func(s *GuardStream) { s.close() })
	return s, nil
}

func (s *GuardStream) step(op string, call func(e raw.Llm_error)) (string, error) {
	if err := s.c.enter(op); err != nil {
		return "", err
	}
	defer s.c.leave()
	if err := s.enter(op); err != nil {
		return "", err
	}
	defer s.leave()
	if err := quick(op, call); err != nil {
		return "", err
	}
	return raw.Sx_guard_text(s.raw), nil
}

// Feed takes a piece, cut anywhere, and returns what may go out now.
func (s *GuardStream) Feed(piece string) (string, error) {
	return s.step("guard feed", func(e raw.Llm_error) { raw.Sx_guard_feed(s.raw, s.c.raw, piece, e) })
}

// Finish ends the text and returns what was still held back.
func (s *GuardStream) Finish() (string, error) {
	return s.step("guard finish", func(e raw.Llm_error) { raw.Sx_guard_finish(s.raw, s.c.raw, e) })
}

// Verdict is the verdict so far; its text is that of the last piece.
func (s *GuardStream) Verdict() (Verdict, error) {
	if err := s.c.reading("guard verdict"); err != nil {
		return Verdict{}, err
	}
	defer s.c.leave()
	if err := s.enter("guard verdict"); err != nil {
		return Verdict{}, err
	}
	defer s.leave()
	return verdictOf(raw.Llm_guard_verdict(s.raw)), nil
}

// Decision is the decision so far.
func (s *GuardStream) Decision() (Decision, error) {
	if err := s.c.reading("guard decision"); err != nil {
		return 0, err
	}
	defer s.c.leave()
	if err := s.enter("guard decision"); err != nil {
		return 0, err
	}
	defer s.leave()
	return Decision(raw.Llm_verdict_action(raw.Llm_guard_verdict(s.raw))), nil
}

// Close frees the stream.
func (s *GuardStream) Close() error {
	s.close()
	return nil
}

// Vault keeps sealed originals behind pseudonyms.
type Vault struct {
	life
	raw raw.Llm_vault
}

// OpenVault opens or creates a vault file under a key of 32 random bytes; with the path "" it is in memory.
func OpenVault(path string, key []byte) (*Vault, error) { return openVault(path, string(key), 0) }

// OpenVaultPassphrase does the same under a passphrase.
func OpenVaultPassphrase(path, passphrase string) (*Vault, error) {
	return openVault(path, passphrase, uint(raw.LLM_VAULT_PASSPHRASE))
}

// OpenVaultReadOnly opens a vault to restore only.
func OpenVaultReadOnly(path string, key []byte) (*Vault, error) {
	return openVault(path, string(key), uint(raw.LLM_VAULT_READONLY))
}

func openVault(path, key string, flags uint) (*Vault, error) {
	const op = "open vault"
	if err := cstring(op, "a path", path); err != nil {
		return nil, err
	}
	v := &Vault{}
	if err := quick(op, func(e raw.Llm_error) { v.raw = raw.Sx_vault_open(path, key, flags, logQueue, e) }); err != nil {
		return nil, err
	}
	h := v.raw
	v.name, v.free = "vault", func() { raw.Llm_vault_free(h) }
	runtime.SetFinalizer(v, func(v *Vault) { v.close() })
	return v, nil
}

// Close drops your reference; guards keep theirs.
func (v *Vault) Close() error {
	v.close()
	return nil
}

// Restore puts the originals back; placeholders the vault does not know stay.
func (v *Vault) Restore(text string) (string, error) { return v.RestoreAs(text, MatchExact) }

// Match says how freely what stands for an original may have been rewritten and still be restored.
type Match uint

// How freely: each takes what the one before it takes.
const (
	// MatchExact takes placeholders as they were given: <PERSON_1>.
	MatchExact Match = Match(raw.LLM_RESTORE_EXACT)
	// MatchCase takes letters in any case.
	MatchCase Match = Match(raw.LLM_RESTORE_CASE)
	// MatchFuzzy takes other brackets or none, blanks and dashes besides.
	MatchFuzzy Match = Match(raw.LLM_RESTORE_FUZZY)
)

// RestoreAs puts the originals back with a tolerance.
func (v *Vault) RestoreAs(text string, match Match) (string, error) {
	if err := v.enter("restore"); err != nil {
		return "", err
	}
	defer v.leave()
	var restored string
	err := quick("restore", func(e raw.Llm_error) { restored = raw.Sx_vault_restore(v.raw, text, uint(match), e) })
	return restored, err
}

// Erase forgets a value, or what the placeholder given stands for, in one type or, with "", in all: how many entries went.
func (v *Vault) Erase(typ, value string) (int, error) {
	const op = "erase"
	if err := cstring(op, "a type", typ); err != nil {
		return 0, err
	}
	if err := v.enter(op); err != nil {
		return 0, err
	}
	defer v.leave()
	var n int64
	err := quick(op, func(e raw.Llm_error) { n = raw.Sx_vault_erase(v.raw, typ, value, e) })
	return int(n), err
}
