package sextant_test

import (
	"io"
	"math"
	"testing"

	"sextant"
)

func TestGrammar(t *testing.T) {
	c := contextOf(t, sextant.WithModel(modelOf(t)))
	reply, err := c.Generate(bg, "the captain", nil, sextant.Grammar(`root ::= "yes" | "no"`))
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Close()
	text, err := io.ReadAll(reply)
	if err != nil || (string(text) != "yes" && string(text) != "no") || reply.Finish() != sextant.FinishStop {
		t.Errorf("text %q, finish %v, error %v", text, reply.Finish(), err)
	}
}

func TestSchema(t *testing.T) {
	c := contextOf(t, sextant.WithModel(modelOf(t)))
	reply, err := c.Generate(bg, "the captain", nil, sextant.Schema(`{"const":"aye"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Close()
	if text, err := io.ReadAll(reply); err != nil || string(text) != `"aye"` {
		t.Errorf("text %q, error %v", text, err)
	}
}

func TestSampling(t *testing.T) {
	c := contextOf(t, sextant.WithModel(modelOf(t)))
	answer := func(opts ...sextant.GenOption) ([]int32, []sextant.TokenLogprob) {
		reply, err := c.Generate(bg, "the captain", nil, append(opts, sextant.MaxTokens(8))...)
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Close()
		if _, err := io.ReadAll(reply); err != nil {
			t.Fatal(err)
		}
		return reply.Tokens(), reply.Logprobs()
	}
	plain, probs := answer(sextant.Logprobs(2))
	if len(probs) != len(plain) || len(probs[0].Top) != 2 || math.Abs(probs[0].Top[0].Logprob-probs[0].Logprob) > 1e-6 || probs[0].Token != plain[0] ||
		probs[0].Top[0].Token != plain[0] {
		t.Errorf("tokens %v, log-probabilities %v", plain, probs)
	}
	banned, none := answer(sextant.Sample(sextant.Sampling{
		RepeatPenalty: 1.5, DRYMultiplier: 1, DRYBreakers: []string{"x"},
		Bias: map[int32]float32{plain[0]: float32(math.Inf(-1))},
	}))
	if banned[0] == plain[0] || none != nil {
		t.Errorf("a banned token: %v, %v", banned, none)
	}
}

func TestDraftsChangeStepsAndNoText(t *testing.T) {
	model := modelOf(t)
	answer := func(opts ...sextant.GenOption) (string, sextant.Usage) {
		reply, err := contextOf(t, sextant.WithModel(model)).Generate(bg, "the captain saw the captain saw the captain", nil,
			append(opts, sextant.MaxTokens(64), sextant.IgnoreEOS())...)
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Close()
		text, err := io.ReadAll(reply)
		if err != nil {
			t.Fatal(err)
		}
		return string(text), reply.Usage()
	}
	plain, usage := answer()
	drafted, fewer := answer(sextant.Draft(8))
	if plain != drafted || usage.Steps != 63 || fewer.Steps >= 63 {
		t.Errorf("%q in %d steps, %q in %d", plain, usage.Steps, drafted, fewer.Steps)
	}
}
