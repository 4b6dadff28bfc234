package guardhttp_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"sextant"
	"sextant/guardhttp"
)

// echo streams the request's body back in small pieces, and an address of its own behind it.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	if guardhttp.Text(r.Header.Get("Content-Type")) {
		w.Header().Set("Content-Length", "9999") // not true once the guard has been at the text
	}
	piece := make([]byte, 5)
	for {
		n, err := r.Body.Read(piece)
		if n > 0 {
			w.Write(piece[:n])
			w.(http.Flusher).Flush()
		}
		if errors.Is(err, sextant.ErrBlocked) {
			io.WriteString(w, "[blocked]")
			return
		}
		if err != nil {
			break
		}
	}
	for _, c := range " from jane@example.org!" {
		io.WriteString(w, string(c))
	}
}

func ask(t *testing.T, url, kind, body string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func TestRequestsAndResponses(t *testing.T) {
	server := httptest.NewServer(guardhttp.Handler(http.HandlerFunc(echo), nil))
	defer server.Close()
	var wg sync.WaitGroup
	for i := 0; i < 8; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			body := strings.Repeat("word ", i*100) + "Mail joe@example.org"
			want := strings.Repeat("word ", i*100) + "Mail <EMAIL_ADDRESS> from <EMAIL_ADDRESS>!"
			if status, text := ask(t, server.URL, "text/plain; charset=utf-8", body); status != 200 || text != want {
				t.Errorf("%d: %q", status, text)
			}
		}(i)
	}
	wg.Wait()
	if _, text := ask(t, server.URL, "application/octet-stream", "\x00joe@example.org"); !strings.Contains(text, "joe@") {
		t.Errorf("what is no text was touched: %q", text)
	}
	if status, _ := ask(t, server.URL, "text/plain", "x", "Content-Encoding", "gzip"); status != http.StatusUnsupportedMediaType {
		t.Errorf("a compressed request: %d", status)
	}
}

func TestBlocked(t *testing.T) {
	guard, err := sextant.NewGuard()
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Close()
	if err := guard.SetAction("EMAIL_ADDRESS", sextant.AllDirections, sextant.Block); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(guardhttp.Handler(http.HandlerFunc(echo), guard))
	defer server.Close()
	if _, text := ask(t, server.URL, "text/plain", "Mail joe@example.org please"); text != "[blocked]" {
		t.Errorf("text %q", text)
	}
	if _, text := ask(t, server.URL, "text/plain", "Hello."); strings.Contains(text, "jane") {
		t.Errorf("text %q", text)
	}
}

func TestCompressedResponseIsRefused(t *testing.T) {
	server := httptest.NewServer(guardhttp.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		io.WriteString(z, "joe@example.org")
		z.Close()
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Encoding", "gzip")
		if _, err := w.Write(packed.Bytes()); !errors.Is(err, guardhttp.ErrEncoded) {
			t.Errorf("error %v", err)
		}
	}), nil))
	defer server.Close()
	if status, text := ask(t, server.URL, "text/plain", ""); status != http.StatusBadGateway || text != "" {
		t.Errorf("%d %q", status, text)
	}
}

func TestEventsArriveAsTheyAreMade(t *testing.T) {
	next := make(chan struct{})
	server := httptest.NewServer(guardhttp.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := 0; i < 3; i++ {
			fmt.Fprintf(w, "data: piece %d for joe@example.org\n\n", i)
			w.(http.Flusher).Flush()
			<-next
		}
	}), nil))
	defer server.Close()
	res, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	for i := 0; i < 3; i++ {
		line, err := lines.ReadString('\n') // before the server may go on
		if want := fmt.Sprintf("data: piece %d for <EMAIL_ADDRESS>\n", i); err != nil || line != want {
			t.Fatalf("%q, error %v", line, err)
		}
		next <- struct{}{}
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
}

func ExampleHandler() {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "heard %q, ask jane@example.org", text)
	})
	server := httptest.NewServer(guardhttp.Handler(api, nil))
	defer server.Close()
	res, err := http.Post(server.URL, "text/plain", strings.NewReader("I am joe@example.org"))
	if err != nil {
		panic(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	fmt.Println(string(text))
	// Output: heard "I am <EMAIL_ADDRESS>", ask <EMAIL_ADDRESS>
}
