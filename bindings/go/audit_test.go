package sextant_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sextant"
)

func TestAudit(t *testing.T) {
	path, key := filepath.Join(t.TempDir(), "log"), bytes.Repeat([]byte{7}, 32)
	audit, err := sextant.OpenAudit(path, key, sextant.Durable(), sextant.SignEvery(10))
	if err != nil {
		t.Fatal(err)
	}
	guard, err := sextant.NewGuard()
	if err != nil {
		t.Fatal(err)
	}
	if err := guard.SetAudit(audit); err != nil {
		t.Fatal(err)
	}
	c := contextOf(t, sextant.WithGuard(guard))
	if err := c.SetTag("doc 7"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Check(bg, "Ask joe@example.org"); err != nil {
		t.Fatal(err)
	}
	head, err := audit.Head()
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	guard.Close()
	audit.Close()
	report, err := sextant.VerifyAudit(path, head)
	if err != nil || report.Problem != "" || !strings.Contains(string(report.Summary), `"verified":true`) {
		t.Fatalf("report %+v, error %v", report, err)
	}
	if first := string(report.Records[1]); !strings.Contains(first, `"tag":"doc 7"`) || strings.Contains(first, "joe") {
		t.Errorf("record %s", first)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[bytes.Index(data, []byte("doc 7"))] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if report, err := sextant.VerifyAudit(path, ""); err != nil || !strings.Contains(report.Problem, "edited") {
		t.Errorf("report %+v, error %v", report, err)
	}
	if _, err := sextant.OpenAudit(path, make([]byte, 32)); !errors.Is(err, sextant.ErrKey) {
		t.Errorf("another key opens the log: %v", err)
	}
}

func TestErase(t *testing.T) {
	vault, err := sextant.OpenVault("", make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	defer vault.Close()
	guard, err := sextant.NewGuard(sextant.Default(sextant.Pseudonym))
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Close()
	if err := guard.SetVault(vault); err != nil {
		t.Fatal(err)
	}
	c := contextOf(t, sextant.WithGuard(guard))
	hidden, err := c.Check(bg, "Ask joe@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := vault.Erase("", "JOE@example.org"); n != 1 || err != nil {
		t.Errorf("erased %d, error %v", n, err)
	}
	if back, err := vault.Restore(hidden.Text); err != nil || back != hidden.Text {
		t.Errorf("restored %q, error %v", back, err)
	}
}
