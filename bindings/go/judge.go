package sextant

import (
	"context"
	"fmt"
	"math"

	"sextant/internal/raw"
)

// Candidate is a node that a judge is asked about. Text holds the headings above it, those of its parts, and how it begins.
type Candidate struct {
	Doc, Node, Text string
	Lexical         float64 // what the words alone say; larger is better
}

// JudgeBatch is what a judge is asked at once, and what is left of its budget; MsLeft may be infinite.
type JudgeBatch struct {
	Question   string
	Candidates []Candidate
	TokensLeft uint64
	MsLeft     float64
}

// JudgeFunc gives a score from 0 to 1 for each candidate, how likely the answer is there; NaN, and what is left out at the
// end, is no opinion. It must not use the context that retrieves. An error ends the retrieval with it.
type JudgeFunc func(ctx context.Context, batch JudgeBatch) ([]float64, error)

// JudgeBy lets a function of yours judge the branches, in the goroutine that retrieves; weight, ms and tokens as in Judge.
func JudgeBy(judge JudgeFunc, weight float32, ms uint, tokens uint64) RetrieveOption {
	return func(o *retrieveOpts) {
		o.judge = judge
		o.judgeWeight, o.judgeMS, o.judgeTokens = weight, ms, tokens
	}
}

// retrieveJudged runs the retrieval in a goroutine of its own and answers its batches here: no callback ever enters Go.
func (c *Context) retrieveJudged(ctx context.Context, op, question string, o *retrieveOpts) (raw.Llm_evidence, error) {
	j := raw.Sx_judge_create()
	defer raw.Sx_judge_free(j)
	inner, stop := context.WithCancel(ctx)
	defer stop()
	var made raw.Llm_evidence
	ended := make(chan error, 1)
	go func() {
		begun := false
		err := run(inner, op, func(token raw.Llm_cancel, e raw.Llm_error) {
			begun = true
			made = raw.Sx_retrieve_judged(c.raw, question, o.top, o.beam, o.doc, o.filter, j, o.judgeWeight, o.judgeMS, o.judgeTokens,
				token, e)
		})
		if !begun {
			raw.Sx_judge_end(j)
		}
		ended <- err
	}()
	var refusal error
	for {
		state := raw.Sx_judge_wait(j, 1000)
		if state == 0 {
			break
		}
		if state < 0 {
			continue
		}
		status := int(raw.LLM_OK)
		if refusal == nil {
			refusal = answerBatch(inner, o.judge, j)
		}
		if refusal != nil {
			status = int(raw.LLM_E_USER)
		}
		raw.Sx_judge_answer(j, status)
	}
	err := <-ended
	if refusal != nil {
		return nil, fmt.Errorf("sextant: %s: the judge: %w", op, refusal)
	}
	return made, err
}

func answerBatch(ctx context.Context, judge JudgeFunc, j raw.Sx_judge) (err error) {
	defer func() {
		if p := recover(); p != nil { // the retrieval waits for an answer, whatever happens
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	batch := JudgeBatch{Question: raw.Sx_judge_question(j), TokensLeft: raw.Sx_judge_tokens_left(j), MsLeft: raw.Sx_judge_ms_left(j)}
	batch.Candidates = make([]Candidate, raw.Sx_judge_count(j))
	for i := range batch.Candidates {
		at := uint(i)
		batch.Candidates[i] = Candidate{raw.Sx_judge_doc(j, at), raw.Sx_judge_node(j, at), raw.Sx_judge_text(j, at),
			raw.Sx_judge_lexical(j, at)}
	}
	scores, err := judge(ctx, batch)
	if err != nil {
		return err
	}
	if len(scores) > len(batch.Candidates) {
		return fmt.Errorf("%d scores for %d candidates", len(scores), len(batch.Candidates))
	}
	for i, score := range scores {
		if !math.IsNaN(score) {
			raw.Sx_judge_score(j, uint(i), score)
		}
	}
	return nil
}
