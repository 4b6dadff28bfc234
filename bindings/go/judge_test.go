package sextant_test

import (
	"context"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"sextant"
)

func TestAFunctionMayJudge(t *testing.T) {
	c := contextOf(t, sextant.WithCorpus(corpusOf(t, map[string]string{"handbook.md": handbook})))
	asked := 0
	judge := func(_ context.Context, b sextant.JudgeBatch) ([]float64, error) {
		scores := make([]float64, len(b.Candidates))
		for i, candidate := range b.Candidates {
			asked++
			scores[i] = math.NaN()
			if strings.Contains(candidate.Text, "Payroll") && candidate.Doc == "handbook.md" && b.Question == question {
				scores[i] = 1
			}
		}
		return scores, nil
	}
	evidence, err := c.Retrieve(bg, question, sextant.JudgeBy(judge, 1, 60000, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer evidence.Close()
	if asked == 0 || !strings.Contains(evidence.Hits[0].Text, "Payroll") {
		t.Errorf("%d asked, first hit %q", asked, evidence.Hits[0].Text)
	}
	out := errors.New("the judge is out")
	for _, wrong := range []sextant.JudgeFunc{
		func(context.Context, sextant.JudgeBatch) ([]float64, error) { return nil, out },
		func(context.Context, sextant.JudgeBatch) ([]float64, error) { return make([]float64, 1000), nil },
		func(context.Context, sextant.JudgeBatch) ([]float64, error) { panic("out") },
	} {
		if _, err := c.Retrieve(bg, question, sextant.JudgeBy(wrong, 0, 0, 0)); err == nil {
			t.Error("a wrong judge")
		}
	}
	if _, err := c.Retrieve(bg, question, sextant.JudgeBy(func(context.Context, sextant.JudgeBatch) ([]float64, error) {
		return nil, out
	}, 0, 0, 0)); !errors.Is(err, out) {
		t.Errorf("error %v", err)
	}
	ended, end := context.WithCancel(bg)
	end()
	if _, err := c.Retrieve(ended, question, sextant.JudgeBy(judge, 0, 0, 0)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestScoreWith(t *testing.T) {
	m := modelOf(t)
	c := contextOf(t, sextant.WithModel(m))
	whole, err := c.ScoreWith(bg, sextant.ScoreOpts{Top: 2}, "the captain", " sea and wind")
	if err != nil || len(whole[0].Top) != len(whole[0].Tokens) || len(whole[0].Top[0]) != 2 {
		t.Fatalf("scores %v, error %v", whole, err)
	}
	given, err := c.ScoreWith(bg, sextant.ScoreOpts{Given: []int{4}}, "the captain", " sea and wind")
	if err != nil || len(given[0].Tokens) >= len(whole[0].Tokens) || given[0].Top != nil {
		t.Errorf("scores %v, error %v", given, err)
	}
	if _, err := c.ScoreWith(bg, sextant.ScoreOpts{Given: []int{1, 2}}, "", "x"); !errors.Is(err, sextant.ErrInvalid) {
		t.Errorf("error %v", err)
	}
	rows, err := c.EmbedTokens(bg, true, "a ship")
	ids, err2 := m.Tokenize("a ship", sextant.Special)
	if err != nil || err2 != nil || len(rows) != len(ids) || len(rows[0]) != m.NEmbd() {
		t.Errorf("%d rows, errors %v, %v", len(rows), err, err2)
	}
}

func TestLoadModelBytes(t *testing.T) {
	want := modelOf(t)
	data, err := os.ReadFile(os.Getenv("SX_TINY_MODEL"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := sextant.LoadModelBytes(bg, data, sextant.Threads(1))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for i := range data {
		data[i] = 0 // a copy is kept
	}
	if a, b := answerOf(t, contextOf(t, sextant.WithModel(m))), answerOf(t, contextOf(t, sextant.WithModel(want))); a != b {
		t.Errorf("%q and %q", a, b)
	}
	if _, err := sextant.LoadModelBytes(bg, []byte("no model")); !errors.Is(err, sextant.ErrFormat) {
		t.Errorf("error %v", err)
	}
}
