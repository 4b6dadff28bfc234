package main

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"sextant"
)

// The calls of tests/golden/conformance_more.c.

func (w *world) judge(c call) (object, error) {
	keys, scores := ordered(c.Scores)
	scripted := func(_ context.Context, b sextant.JudgeBatch) ([]float64, error) {
		made := make([]float64, len(b.Candidates))
		for i, candidate := range b.Candidates {
			made[i] = math.NaN()
			for _, key := range keys {
				if strings.Contains(candidate.Text, key) {
					made[i] = scores[key]
					break
				}
			}
		}
		return made, nil
	}
	found, err := w.ctx.Retrieve(bg, c.Question, sextant.JudgeBy(scripted, c.Weight, 0, 0))
	if err != nil {
		return nil, err
	}
	defer found.Close()
	result, err := evidenceJSON(found)
	if err != nil {
		return nil, err
	}
	judged := [][]string{}
	steps, err := found.Trace()
	for _, s := range steps {
		judged = append(judged, []string{real(s.Lexical), real(s.Judged)})
	}
	result["judged"] = judged
	return result, err
}

// ordered gives an object's keys as they stand in the file, which a map would forget.
func ordered(text json.RawMessage) ([]string, map[string]float64) {
	scores, keys := map[string]float64{}, []string{}
	must(json.Unmarshal(text, &scores))
	tokens := json.NewDecoder(strings.NewReader(string(text)))
	for {
		token, err := tokens.Token()
		if err == io.EOF {
			return keys, scores
		}
		must(err)
		if key, ok := token.(string); ok {
			keys = append(keys, key)
		}
	}
}

func scoresJSON(scores []sextant.Score, err error) (object, error) {
	list := []object{}
	for _, s := range scores {
		likeliest := []int32{}
		for _, top := range s.Top {
			likeliest = append(likeliest, top[0].Token)
		}
		list = append(list, object{"sum": real(s.Sum), "tokens": s.Tokens, "likeliest": likeliest})
	}
	return object{"scores": list}, err
}

func (w *world) score(c call) (object, error) {
	return scoresJSON(w.writer.ScoreWith(bg, sextant.ScoreOpts{Top: c.Top, Given: c.Given}, c.Prompt, c.Texts...))
}

func (w *world) scoreTokens(c call) (object, error) {
	score, err := w.writer.ScoreTokens(bg, c.Tokens, c.From)
	return scoresJSON([]sextant.Score{score}, err)
}

func (w *world) other(c call) (*sextant.Model, *sextant.Context) {
	path := w.path
	if c.Model != "" {
		path = filepath.Join(filepath.Dir(w.path), c.Model)
	}
	model, err := sextant.LoadModel(bg, path)
	must(err)
	ctx, err := sextant.NewContext(sextant.WithModel(model))
	must(err)
	return model, ctx
}

func (w *world) embed(c call) (object, error) {
	model, ctx := w.other(c)
	defer model.Close()
	defer ctx.Close()
	rows, err := ctx.Embed(bg, sextant.Pooling(c.Pooling), c.Normalise, c.Texts...)
	vectors := [][]string{}
	for _, row := range rows {
		made, sum := []string{}, 0.0
		for i, x := range row {
			sum += float64(x) * float64(x)
			if i < 4 {
				made = append(made, real(float64(x)))
			}
		}
		vectors = append(vectors, append(made, real(math.Sqrt(sum))))
	}
	return object{"width": model.NEmbd(), "vectors": vectors}, err
}

func (w *world) rerank(c call) (object, error) {
	model, ctx := w.other(c)
	defer model.Close()
	defer ctx.Close()
	scores, err := ctx.Rerank(bg, c.Query, c.Documents...)
	made := []string{}
	for _, s := range scores {
		made = append(made, real(float64(s)))
	}
	return object{"scores": made}, err
}

func (w *world) chatParse(c call) (object, error) {
	answer, err := w.model.ParseChat(c.Source, c.Prompt, c.Answer, c.Partial)
	calls := [][]string{}
	for _, t := range answer.ToolCalls {
		calls = append(calls, []string{t.Name, t.Arguments})
	}
	return object{"content": answer.Content, "reasoning": answer.Reasoning, "calls": calls, "malformed": answer.Malformed}, err
}

func (w *world) constrain(c call) (object, error) {
	reply, err := w.writer.Generate(bg, c.Prompt, nil, sextant.MaxTokens(c.MaxTokens), sextant.Seed(c.Seed),
		sextant.Temperature(c.Temperature), sextant.Logprobs(c.Logprobs), sextant.Grammar(c.Grammar),
		sextant.Schema(string(c.Schema)), sextant.Sample(sextant.Sampling{RepeatPenalty: c.Repeat}))
	if err != nil {
		return nil, err
	}
	defer reply.Close()
	if _, err := io.ReadAll(reply); err != nil {
		return nil, err
	}
	logprobs := [][]interface{}{}
	for _, t := range reply.Logprobs() {
		logprobs = append(logprobs, []interface{}{real(t.Logprob), t.Top[0].Token, real(t.Top[0].Logprob)})
	}
	return object{"text": reply.Text(), "finish": reply.Finish(), "logprobs": logprobs}, nil
}

func (w *world) state(c call) (object, error) {
	goOn := func(ctx *sextant.Context) string {
		reply, err := ctx.Generate(bg, c.Prompt, nil, sextant.MaxTokens(6))
		must(err)
		defer reply.Close()
		text, err := io.ReadAll(reply)
		must(err)
		return string(text)
	}
	ctx, err := sextant.NewContext(sextant.WithModel(w.model))
	must(err)
	defer ctx.Close()
	other, err := sextant.NewContext(sextant.WithModel(w.model))
	must(err)
	defer other.Close()
	path, first := w.path+".state-go", goOn(ctx)
	must(ctx.Save(path))
	must(other.Restore(path))
	must(os.Remove(path))
	used, err := other.Used()
	must(err)
	state, err := ctx.Export()
	must(err)
	child, err := ctx.Fork()
	must(err)
	defer child.Close()
	restored, forked := goOn(other) == first, goOn(child) == first
	must(ctx.Drop(c.Begin, c.End))
	left, err := ctx.Used()
	return object{"text": first, "restored": restored, "forked": forked, "used": used, "bytes": len(state), "left": left}, err
}
