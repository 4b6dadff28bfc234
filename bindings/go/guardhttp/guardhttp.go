// Package guardhttp puts the guard between a handler and its clients: what comes in with requests and what goes out with
// responses is redacted as it streams, with nothing kept back longer than a finding could still grow.
//
//	http.ListenAndServe(addr, guardhttp.Handler(api, guard))
package guardhttp

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"sextant"
)

// ResponseWriter redacts what a handler writes. Close it when the handler is done.
type ResponseWriter struct {
	http.ResponseWriter
	filter *sextant.Filter
	begun  bool
	plain  bool // of a type that is no text: passes as it is
	err    error
}

// ErrEncoded is what writing answers when the response is compressed: there the guard could see nothing.
var ErrEncoded = errors.New("guardhttp: the response has a Content-Encoding, so that the guard cannot read it")

// Wrap gives a response writer whose text goes through a filter of the context's. The context belongs to this response until
// Close.
func Wrap(w http.ResponseWriter, c *sextant.Context, opts ...sextant.CheckOption) (*ResponseWriter, error) {
	if len(opts) == 0 {
		opts = []sextant.CheckOption{sextant.Toward(sextant.Output)}
	}
	filter, err := c.Filter(w, opts...)
	if err != nil {
		return nil, err
	}
	return &ResponseWriter{ResponseWriter: w, filter: filter}, nil
}

// WriteHeader sends the header, without a Content-Length when the text may become another.
func (w *ResponseWriter) WriteHeader(status int) {
	if w.begun {
		return
	}
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.begun = true
	h := w.Header()
	w.plain = !Text(h.Get("Content-Type"))
	if !w.plain {
		if encoding := h.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
			w.err = ErrEncoded
			h.Del("Content-Encoding")
			status = http.StatusBadGateway
		}
		h.Del("Content-Length")
		h.Del("ETag")
		h.Del("Accept-Ranges")
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write redacts a piece of the response, cut anywhere.
func (w *ResponseWriter) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if w.err != nil {
		return 0, w.err
	}
	if w.plain {
		return w.ResponseWriter.Write(p)
	}
	return w.filter.Write(p)
}

// Flush sends what the guard has let out so far.
func (w *ResponseWriter) Flush() {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if f, ok := w.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Close lets the rest of the text out.
func (w *ResponseWriter) Close() error {
	err := w.filter.Close()
	if w.err != nil {
		return w.err
	}
	return err
}

// Text tells whether bodies of a Content-Type are text that the guard reads; a body that does not say is.
func Text(contentType string) bool {
	if contentType == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return true
	}
	switch {
	case strings.HasPrefix(kind, "text/"), strings.HasSuffix(kind, "+json"), strings.HasSuffix(kind, "+xml"):
		return true
	}
	switch kind {
	case "application/json", "application/x-ndjson", "application/jsonl", "application/xml", "application/javascript",
		"application/x-www-form-urlencoded", "application/yaml":
		return true
	}
	return false
}

// Handler redacts what goes into next and what comes out of it, under the policy of guard (nil: the default one). A request
// that the policy blocks fails the handler's reading with sextant.ErrBlocked; a compressed request is refused with 415.
func Handler(next http.Handler, guard *sextant.Guard) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var opts []sextant.ContextOption
		if guard != nil {
			opts = append(opts, sextant.WithGuard(guard))
		}
		if err := serve(next, w, r, opts); err != nil {
			http.Error(w, "the guard is not available", http.StatusInternalServerError)
		}
	})
}

type body struct {
	io.ReadCloser
	source io.Closer
}

func (b body) Close() error {
	b.ReadCloser.Close()
	return b.source.Close()
}

// serve fails only before anything was sent. The request and the response have a context each: both may be busy at once.
func serve(next http.Handler, w http.ResponseWriter, r *http.Request, opts []sextant.ContextOption) error {
	in, err := sextant.NewContext(opts...)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := sextant.NewContext(opts...)
	if err != nil {
		return err
	}
	defer out.Close()
	if r.Body != nil && r.Body != http.NoBody && Text(r.Header.Get("Content-Type")) {
		if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
			http.Error(w, "the guard reads no compressed requests", http.StatusUnsupportedMediaType)
			return nil
		}
		filtered, err := in.FilterReader(r.Body)
		if err != nil {
			return err
		}
		defer filtered.Close()
		r = r.Clone(r.Context())
		r.Body, r.ContentLength = body{filtered, r.Body}, -1
		r.Header.Del("Content-Length")
	}
	wrapped, err := Wrap(w, out)
	if err != nil {
		return err
	}
	defer wrapped.Close()
	next.ServeHTTP(wrapped, r)
	return nil
}
