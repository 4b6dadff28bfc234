package sextant

import "sextant/internal/raw"

// Sampling is how tokens are chosen beyond temperature and the plain cuts; zero leaves a step out or takes its default.
// The steps come in this order: bias, penalties, DRY, top-n-sigma, temperature, then mirostat or the other cuts.
type Sampling struct {
	RepeatPenalty, FrequencyPenalty, PresencePenalty float32
	PenaltyLastN                                     uint

	DRYMultiplier, DRYBase       float32
	DRYAllowedLength, DRYLastN   uint
	DRYBreakers                  []string
	DynatempRange                float32
	DynatempExponent             float32
	TopNSigma, TypicalP          float32
	XTCProbability, XTCThreshold float32
	MirostatTau, MirostatEta     float32
	Bias                         map[int32]float32 // token id to what is added to its logit; -Inf bans it
}

// Likely is a token and the natural logarithm of its probability.
type Likely struct {
	Token   int32
	Logprob float64
}

// TokenLogprob is a token of an answer in the model's own distribution, and the likeliest there, best first.
type TokenLogprob struct {
	Likely
	Top []Likely
}

// moreOpts is the options that Sx_generate takes no argument for.
func moreOpts(op string, o *genOpts) (raw.Sx_gen, error) {
	breakers, err := stringList(op, "the DRY breakers", o.sampling.DRYBreakers)
	if err != nil {
		return nil, err
	}
	s, gen := &o.sampling, raw.Sx_gen_create()
	for name, value := range map[string]float64{
		"logprobs":           float64(o.logprobs),
		"draft":              float64(o.draft),
		"repeat_penalty":     float64(s.RepeatPenalty),
		"frequency_penalty":  float64(s.FrequencyPenalty),
		"presence_penalty":   float64(s.PresencePenalty),
		"penalty_last_n":     float64(s.PenaltyLastN),
		"dry_multiplier":     float64(s.DRYMultiplier),
		"dry_base":           float64(s.DRYBase),
		"dry_allowed_length": float64(s.DRYAllowedLength),
		"dry_last_n":         float64(s.DRYLastN),
		"dynatemp_range":     float64(s.DynatempRange),
		"dynatemp_exponent":  float64(s.DynatempExponent),
		"top_n_sigma":        float64(s.TopNSigma),
		"typical_p":          float64(s.TypicalP),
		"xtc_probability":    float64(s.XTCProbability),
		"xtc_threshold":      float64(s.XTCThreshold),
		"mirostat_tau":       float64(s.MirostatTau),
		"mirostat_eta":       float64(s.MirostatEta),
	} {
		raw.Sx_gen_number(gen, name, value)
	}
	if o.grammar != "" {
		raw.Sx_gen_text(gen, "grammar", o.grammar)
	}
	if o.schema != "" {
		raw.Sx_gen_text(gen, "schema", o.schema)
	}
	if breakers != "" {
		raw.Sx_gen_text(gen, "dry_breakers", breakers)
	}
	for token, bias := range s.Bias {
		raw.Sx_gen_bias(gen, int(token), float64(bias))
	}
	return gen, nil
}
