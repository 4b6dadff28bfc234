package sextant

import (
	"context"
	"errors"
	"io"
)

// ErrBlocked is what a filter answers once the guard does not let the text go on: its decision is Blocked or Reviewed. What
// came before is out; nothing more follows.
var ErrBlocked = errors.New("sextant: the guard does not let the text go on")

// Filter redacts what is written to it on its way into another writer. Text that could still become a finding is held back
// until it is decided; Close lets the rest out. The filter belongs to its context: one call at a time.
type Filter struct {
	out    io.Writer
	stream *GuardStream
	err    error
	closed bool
}

// Filter opens a filter into w.
func (c *Context) Filter(w io.Writer, opts ...CheckOption) (*Filter, error) {
	stream, err := c.GuardStream(opts...)
	if err != nil {
		return nil, err
	}
	return &Filter{out: w, stream: stream}, nil
}

// pass writes what the guard let out, and stops for good at the first failure.
func (f *Filter) pass(text string, err error) error {
	var decision Decision
	if err == nil {
		decision, err = f.stream.Decision()
	}
	if err == nil && decision >= Reviewed {
		err = ErrBlocked
	}
	if err == nil && text != "" {
		_, err = io.WriteString(f.out, text)
	}
	f.err = err
	return err
}

// Write takes text, cut anywhere.
func (f *Filter) Write(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	if f.closed {
		return 0, &Error{Op: "filter", Code: ErrClosed, Msg: "this filter is closed"}
	}
	if err := f.pass(f.stream.Feed(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close ends the text, writes what was still held back and frees the filter. It does not close the writer behind it.
func (f *Filter) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	defer f.stream.Close()
	if f.err != nil {
		return f.err
	}
	return f.pass(f.stream.Finish())
}

// Verdict is the guard's verdict so far, until Close.
func (f *Filter) Verdict() (Verdict, error) { return f.stream.Verdict() }

// filterReader is the same for text that is pulled.
type filterReader struct {
	in     io.Reader
	stream *GuardStream
	ready  string
	buf    []byte
	err    error
}

// FilterReader gives the text of r redacted. Once the guard does not let it go on, Read answers ErrBlocked.
func (c *Context) FilterReader(r io.Reader, opts ...CheckOption) (io.ReadCloser, error) {
	stream, err := c.GuardStream(opts...)
	if err != nil {
		return nil, err
	}
	return &filterReader{in: r, stream: stream, buf: make([]byte, 16<<10)}, nil
}

func (f *filterReader) Read(p []byte) (int, error) {
	for f.ready == "" && f.err == nil && len(p) > 0 {
		f.fill()
	}
	n := copy(p, f.ready)
	f.ready = f.ready[n:]
	if n == 0 && len(p) > 0 {
		return 0, f.err
	}
	return n, nil
}

func (f *filterReader) fill() {
	n, last := f.in.Read(f.buf)
	text, err := f.stream.Feed(string(f.buf[:n]))
	if err == nil && last == io.EOF {
		var rest string
		rest, err = f.stream.Finish()
		text += rest
	}
	if err == nil {
		var decision Decision
		if decision, err = f.stream.Decision(); err == nil && decision >= Reviewed {
			err = ErrBlocked
		}
	}
	if err != nil {
		f.err = err // and the piece stays here
		return
	}
	f.ready, f.err = text, last
}

func (f *filterReader) Close() error {
	if f.err == nil {
		f.err = &Error{Op: "filter", Code: ErrClosed, Msg: "this filter is closed"}
	}
	f.ready = ""
	return f.stream.Close()
}

// IngestReader adds a document whose bytes come from a reader; wholly or not at all. The end of ctx stops it between two
// reads.
func (c *Corpus) IngestReader(ctx context.Context, name string, r io.Reader, opts ...IngestOption) error {
	const op = "ingest"
	most := int64(c.maxDoc)
	if most <= 0 {
		most = 256 << 20
	}
	data, err := io.ReadAll(io.LimitReader(&stoppable{ctx, op, r}, most+1))
	if err != nil {
		return err
	}
	if int64(len(data)) > most {
		return &Error{Op: op, Code: ErrLimit, Msg: "the document is longer than the corpus takes; open it with MaxDocBytes"}
	}
	return c.Ingest(ctx, name, string(data), opts...)
}

// stoppable is a reader that ends with its context.
type stoppable struct {
	ctx context.Context
	op  string
	r   io.Reader
}

func (s *stoppable) Read(p []byte) (int, error) {
	if err := begin(s.ctx, s.op); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}
