package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"

	"sextant"
)

// The calls of tests/golden/conformance_newer.c.

func (w *world) edit(c call) (object, error) {
	if err := w.corpus.Edit(c.Name, c.Begin, c.End, c.Text, c.Hash); err != nil {
		return nil, err
	}
	tree, err := w.corpus.Tree(c.Name)
	if err != nil {
		return nil, err
	}
	return object{"text": tree.Text}, nil
}

func (w *world) describe(c call) (object, error) {
	var opts []sextant.IngestOption
	if c.Folder != nil {
		opts = append(opts, sextant.In(*c.Folder))
	}
	if c.Labels != nil {
		opts = append(opts, sextant.Labelled(c.Labels...))
	}
	if c.Meta != nil {
		opts = append(opts, sextant.Meta(c.Meta...))
	}
	return nil, w.corpus.Describe(bg, c.Name, c.Node, opts...)
}

func nameOf(err error) string {
	var failure *sextant.Error
	if !errors.As(err, &failure) {
		return ""
	}
	return failure.Code.Error()
}

func (w *world) view(c call) (object, error) {
	view, err := w.corpus.View(c.Labels...)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	ctx, err := sextant.NewContext(sextant.WithCorpus(view))
	if err != nil {
		return nil, err
	}
	defer ctx.Close()
	found, err := ctx.Retrieve(bg, c.Question)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	seen, err := evidenceJSON(found)
	if err != nil {
		return nil, err
	}
	if seen["docs"], err = docsJSON(view); err != nil {
		return nil, err
	}
	if tree, err := view.Tree(c.Name); err == nil {
		seen["text"] = tree.Text
	} else {
		seen["text"] = object{"error": nameOf(err)}
	}
	seen["write"] = nameOf(view.Remove(c.Name))
	return seen, nil
}

func (w *world) pageIndex(c call) (object, error) {
	text, err := w.corpus.PageIndex(c.Name)
	return object{"json": text}, err
}

func (w *world) erase(c call) (object, error) {
	n, err := w.vault.Erase(c.Type, c.Value)
	return object{"erased": n}, err
}

// writeLog checks the texts under a policy that logs; the log's head, before its end is signed.
func writeLog(c call, path string) (string, error) {
	audit, err := sextant.OpenAudit(path, []byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		return "", err
	}
	defer audit.Close()
	guard, err := sextant.NewGuard()
	if err != nil {
		return "", err
	}
	defer guard.Close()
	if err := guard.SetAudit(audit); err != nil {
		return "", err
	}
	ctx, err := sextant.NewContext(sextant.WithGuard(guard))
	if err != nil {
		return "", err
	}
	defer ctx.Close()
	if err := ctx.SetTag(c.Tag); err != nil {
		return "", err
	}
	for _, text := range c.Texts {
		if _, err := ctx.Check(bg, text); err != nil {
			return "", err
		}
	}
	return audit.Head()
}

func spoil(path, tag string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	data[bytes.Index(data, []byte(tag))] ^= 1
	return os.WriteFile(path, data, 0o600)
}

func (w *world) audit(c call) (object, error) {
	path := w.path + ".audit-go"
	os.Remove(path)
	defer os.Remove(path)
	head, err := writeLog(c, path)
	if err == nil && c.Spoil {
		err = spoil(path, c.Tag)
	}
	if err != nil {
		return nil, err
	}
	report, err := sextant.VerifyAudit(path, head)
	if err != nil {
		return nil, err
	}
	verdicts := []map[string]json.RawMessage{}
	for _, line := range report.Records {
		var record map[string]json.RawMessage
		must(json.Unmarshal(line, &record))
		delete(record, "time")
		delete(record, "hash")
		if string(record["kind"]) == `"verdict"` {
			verdicts = append(verdicts, record)
		}
	}
	var summary object
	must(json.Unmarshal(report.Summary, &summary))
	return object{"verdicts": verdicts, "verified": summary["verified"], "closed": summary["closed"]}, nil
}
