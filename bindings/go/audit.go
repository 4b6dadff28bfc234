package sextant

import (
	"encoding/json"
	"errors"
	"runtime"
	"strings"

	"sextant/internal/raw"
)

// Audit is a log of the guard's verdicts to append to, chained and signed.
type Audit struct {
	life
	raw raw.Llm_audit
}

type auditOpts struct {
	flags, headEvery uint
}

// AuditOption changes how a log is written.
type AuditOption func(*auditOpts)

// Durable has each record on the disk before its call returns; else each signature is.
func Durable() AuditOption { return func(o *auditOpts) { o.flags |= uint(raw.LLM_AUDIT_DURABLE) } }

// SignEvery sets the most records between two signatures; 64 unless said.
func SignEvery(records uint) AuditOption { return func(o *auditOpts) { o.headEvery = records } }

// OpenAudit opens or begins an audit log under a key of 32 random bytes.
func OpenAudit(path string, key []byte, opts ...AuditOption) (*Audit, error) {
	const op = "open audit log"
	if err := cstring(op, "a path", path); err != nil {
		return nil, err
	}
	var o auditOpts
	for _, opt := range opts {
		opt(&o)
	}
	a := &Audit{}
	err := quick(op, func(e raw.Llm_error) {
		a.raw = raw.Sx_audit_open(path, string(key), o.flags, o.headEvery, logQueue, e)
	})
	if err != nil {
		return nil, err
	}
	h := a.raw
	a.name, a.free = "audit log", func() { raw.Llm_audit_free(h) }
	runtime.SetFinalizer(a, func(a *Audit) { a.close() })
	return a, nil
}

// Close drops your reference; guards keep theirs. The last one signs the log's end.
func (a *Audit) Close() error {
	a.close()
	return nil
}

// Head signs what is not signed yet and is the log's head, to be published where the log's keeper cannot change it.
func (a *Audit) Head() (string, error) {
	const op = "audit head"
	if err := a.enter(op); err != nil {
		return "", err
	}
	defer a.leave()
	var head string
	err := quick(op, func(e raw.Llm_error) { head = raw.Sx_audit_head(a.raw, e) })
	return head, err
}

// SetAudit has every verdict under this policy logged; one that cannot be is an error, and nothing is released.
func (g *Guard) SetAudit(a *Audit) error {
	const op = "set audit"
	if err := g.enter(op); err != nil {
		return err
	}
	defer g.leave()
	if err := a.enter(op); err != nil {
		return err
	}
	defer a.leave()
	return quick(op, func(e raw.Llm_error) { raw.Llm_guard_set_audit(g.raw, a.raw, e) })
}

// SetTag names what the context's next texts are in the guard's audit log: a document, a session, a tenant.
func (c *Context) SetTag(tag string) error {
	const op = "set tag"
	if err := cstring(op, "a tag", tag); err != nil {
		return err
	}
	if err := c.enter(op); err != nil {
		return err
	}
	defer c.leave()
	return quick(op, func(e raw.Llm_error) { raw.Sx_ctx_set_tag(c.raw, tag, e) })
}

// AuditReport is what a log holds, each record and the summary as JSON, and what of it is broken, "" for nothing.
type AuditReport struct {
	Problem string
	Records []json.RawMessage
	Summary json.RawMessage
}

// VerifyAudit reads and proves an audit log, with no key. A head that was published must still be in it; "" gives none.
func VerifyAudit(path, head string) (AuditReport, error) {
	const op = "verify audit log"
	var report AuditReport
	if err := cstring(op, "a path", path); err != nil {
		return report, err
	}
	if err := cstring(op, "a head", head); err != nil {
		return report, err
	}
	var lines string
	err := quick(op, func(e raw.Llm_error) { lines = raw.Sx_audit_verify(path, head, e) })
	var broken *Error
	if errors.As(err, &broken) && errors.Is(err, ErrCorrupt) {
		report.Problem, err = broken.Msg, nil
	}
	for _, line := range strings.Split(strings.TrimSuffix(lines, "\n"), "\n") {
		if strings.HasPrefix(line, `{"kind":"summary"`) {
			report.Summary = json.RawMessage(line)
		} else if line != "" {
			report.Records = append(report.Records, json.RawMessage(line))
		}
	}
	return report, err
}
