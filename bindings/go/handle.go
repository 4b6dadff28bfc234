package sextant

import (
	"context"
	"strings"
	"sync"

	"sextant/internal/raw"
)

// life frees a raw handle once, and never while a call is inside it. An exclusive life, that of a context, admits one call at
// a time: what a context hands out changes under its calls, so reading a reply while another goroutine pulls it must be an
// answer, not a crash.
type life struct {
	mu        sync.Mutex
	name      string
	exclusive bool
	users     int
	closed    bool
	free      func()
	pending   []func()
}

func (l *life) begin(op string) error {
	if l.exclusive && l.users > 0 {
		return &Error{Op: op, Code: ErrBusy, Msg: "this " + l.name + " is in use by another goroutine; make one for each"}
	}
	l.users++
	return nil
}

func (l *life) enter(op string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return &Error{Op: op, Code: ErrClosed, Msg: "this " + l.name + " is closed"}
	}
	return l.begin(op)
}

// reading keeps calls out while what the handle handed out is read; also after its end. leave closes it.
func (l *life) reading(op string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.begin(op)
}

func (l *life) leave() {
	l.mu.Lock()
	l.users--
	var pending []func()
	if l.users == 0 {
		pending, l.pending = l.pending, nil
	}
	for _, fn := range pending {
		fn()
	}
	free := l.takeFree()
	l.mu.Unlock()
	free()
}

// takeFree gives the function that frees the handle to the first who may call it.
func (l *life) takeFree() func() {
	if !l.closed || l.users > 0 || l.free == nil {
		return func() {}
	}
	free := l.free
	l.free = nil
	return free
}

// whenIdle calls fn now, or when the last call has left; no call can begin meanwhile.
func (l *life) whenIdle(fn func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.users > 0 {
		l.pending = append(l.pending, fn)
		return
	}
	fn()
}

func (l *life) close() {
	l.mu.Lock()
	l.closed = true
	free := l.takeFree()
	l.mu.Unlock()
	free()
}

// token is a cancel flag, freed when the handles that hold it are.
type token struct{ raw raw.Llm_cancel }

func newToken(op string) (*token, error) {
	e := raw.NewLlm_error()
	defer raw.DeleteLlm_error(e)
	made := raw.Sx_cancel_create(e)
	if err := fromRaw(op, e, nil); err != nil {
		return nil, err
	}
	return &token{made}, nil
}

func (t *token) free() { raw.Llm_cancel_free(t.raw) }

// watch sets the flag when ctx ends; the returned function ends the watch and waits until nobody touches the flag.
func (t *token) watch(ctx context.Context) func() {
	if ctx.Done() == nil {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-ctx.Done():
			raw.Llm_cancel_set(t.raw)
		case <-quit:
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// begin is what each long call does first: a context that has ended already starts nothing.
func begin(ctx context.Context, op string) error {
	if err := ctx.Err(); err != nil {
		return &Error{Op: op, Code: ErrCancelled, Msg: "the context has ended: " + err.Error(), cause: err}
	}
	return nil
}

// run makes a call that ctx can stop, and turns its error into Go's.
func run(ctx context.Context, op string, call func(stop raw.Llm_cancel, e raw.Llm_error)) error {
	if err := begin(ctx, op); err != nil {
		return err
	}
	t, err := newToken(op)
	if err != nil {
		return err
	}
	defer t.free()
	e := raw.NewLlm_error()
	defer raw.DeleteLlm_error(e)
	unwatch := t.watch(ctx)
	call(t.raw, e)
	unwatch()
	drainLog()
	return fromRaw(op, e, ctx)
}

// quick makes a call that nothing stops.
func quick(op string, call func(e raw.Llm_error)) error {
	e := raw.NewLlm_error()
	defer raw.DeleteLlm_error(e)
	call(e)
	drainLog()
	return fromRaw(op, e, nil)
}

// cstring refuses what C would cut short.
func cstring(op, what, s string) error {
	if strings.IndexByte(s, 0) >= 0 {
		return invalid(op, what+" may not hold a NUL character")
	}
	return nil
}

// stringList joins strings, each ended by NUL.
func stringList(op, what string, items []string) (string, error) {
	var b strings.Builder
	for _, item := range items {
		if item == "" || strings.IndexByte(item, 0) >= 0 {
			return "", invalid(op, what+" may hold neither an empty string nor one with a NUL character")
		}
		b.WriteString(item)
		b.WriteByte(0)
	}
	return b.String(), nil
}
