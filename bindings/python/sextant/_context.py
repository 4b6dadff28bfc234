"""Context: one caller's connection to a model, a corpus and a guard."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Any, Callable, List, Mapping, Sequence, Tuple, TypeVar

from . import capi as _raw
from ._corpus import Corpus
from ._errors import check
from ._guard import Guard, GuardStream
from ._handle import LOG, Cancel, Handle, StrPath, Text, drain_log, life_of, long_call, raw_bytes, string_list, utf8
from ._judge import Judge, with_judge
from ._model import Adapter, Model, id_bytes
from ._reply import Evidence, Reply
from ._sampling import gen_opts
from ._types import Direction, KvType, Pooling, Sampling, Score, Verdict, verdict_from

if TYPE_CHECKING:
    from ._handle import Buffer

T = TypeVar("T")
LARGE = 65536  # bytes of a text that take a while


def _joined(texts: Sequence[Text], given: Sequence[int] = ()) -> Tuple[bytes, bytes]:
    """Texts one after the other, and the lengths the raw calls want beside them."""
    parts = [utf8(text) for text in texts]
    if given and len(given) != len(parts):
        raise ValueError("given needs one number for each text")
    lens = b"".join(struct.pack("=QQ", len(part), given[i] if given else 0) for i, part in enumerate(parts))
    return b"".join(parts), lens


def _score(scores: Any, i: int, top: int) -> Score:
    places = range(_raw.llm_scores_tokens(scores, i))
    return Score(
        _raw.llm_scores_sum(scores, i),
        tuple(_raw.llm_scores_token(scores, i, t) for t in places),
        tuple(_raw.llm_scores_logprob(scores, i, t) for t in places),
        tuple(
            tuple((_raw.llm_scores_top_token(scores, i, t, k), _raw.llm_scores_top_logprob(scores, i, t, k))
                  for k in range(top))
            for t in places
        ) if top else (),
    )


#: how a model may judge
_WAYS = {"likelihood": 1, "letters": 2, "both": 3}


class Context(Handle):
    """Opens a context; model, corpus and guard are each optional (no guard: the default policy) and may be closed before
    it. One call at a time: a second thread gets BusyError. Contexts are cheap; make one per thread.

    >>> with sextant.Context() as ctx:
    ...     ctx.check("Mail joe@example.org").text
    'Mail <EMAIL_ADDRESS>'
    >>> with sextant.Model("m.gguf", threads=1) as model, sextant.Context(model) as ctx:
    ...     with ctx.generate("the captain", max_tokens=6) as reply:
    ...         print(*reply, sep="")
    ...     ship, sea = ctx.score([" ship", " sea and wind"], "the captain")
    ...     ctx.embed(["a ship"]).shape == (1, model.n_embd), ship.sum > sea.sum
     ship a map over ship a
    (True, True)
    """

    _name = "context"
    _exclusive = True

    def __init__(self, model: Model | None = None, corpus: Corpus | None = None, guard: Guard | None = None, *,
                 n_ctx: int = 0, n_batch: int = 0, kv_type: int = KvType.DEFAULT, no_guard: bool = False) -> None:
        err = _raw.llm_error()
        flags = _raw.LLM_CTX_NO_GUARD if no_guard else 0
        with life_of(model) as m, life_of(corpus) as c, life_of(guard) as g:
            raw = _raw.sx_ctx_create(m, c, g, flags, n_ctx, n_batch, kv_type, LOG, err)
        drain_log()
        check(err)
        super().__init__(raw, _raw.llm_ctx_free)
        self._model = model

    def _run(self, cancel: Cancel, call: Callable[[Any, Any, Any], T], free: Callable[[T], None] | None) -> T:
        err = _raw.llm_error()
        with self._life as raw, cancel._life as stop:
            made = long_call(cancel, lambda: call(raw, stop, err), free)
        drain_log()
        check(err)
        return made

    @property
    def used(self) -> int:
        """Positions of the context that are filled."""
        used: int = self._told(_raw.sx_ctx_used)
        return used

    @property
    def size(self) -> int:
        """Positions there are: ``n_ctx``."""
        size: int = self._told(_raw.sx_ctx_size)
        return size

    def _told(self, call: Callable[..., T], *args: Any) -> T:
        err = _raw.llm_error()
        with self._life as raw:
            made = call(raw, *args, err)
        drain_log()
        check(err)
        return made

    def save(self, path: StrPath) -> None:
        """Writes what the model has read in this context into a file, for :meth:`restore` on the same model."""
        self._told(_raw.sx_ctx_save, os.fsdecode(path))

    def restore(self, path: StrPath) -> None:
        """Replaces the state by a saved one, or leaves it as it is when the file is not right."""
        self._told(_raw.sx_ctx_load, os.fsdecode(path))

    def export_state(self) -> bytes:
        """The state as bytes, for :meth:`import_state`."""
        state: bytes = self._told(_raw.sx_ctx_export)
        return state

    def import_state(self, state: Buffer) -> None:
        """Replaces the state by one that :meth:`export_state` gave, or leaves it as it is."""
        self._told(_raw.sx_ctx_import, raw_bytes(state))

    def fork(self) -> "Context":
        """A second context in the same state; both go on independently, and memory is shared until one writes."""
        child = Context.__new__(Context)
        Handle.__init__(child, self._told(_raw.sx_ctx_fork), _raw.llm_ctx_free)
        child._model = self._model
        return child

    def drop(self, begin: int, end: int | None = None) -> None:
        """Forgets positions ``begin`` to ``end - 1`` (None: to the last); what stands behind moves up."""
        self._told(_raw.sx_ctx_drop, begin, 0xFFFFFFFF if end is None else end)

    def set_tag(self, tag: str | None) -> None:
        """Names what the next texts are in the guard's audit log: a document, a session, a tenant."""
        self._told(_raw.sx_ctx_set_tag, tag or "")

    def retrieve(self, question: Text, *, top: int = 0, beam: int = 0, doc: str | None = None, filter: str = "",
                 judge: "bool | str | Judge" = False,
                 judge_weight: float = 0.0, judge_ms: int = 0, judge_tokens: int = 0,
                 cancel: Cancel | None = None) -> Evidence:
        """Finds evidence for a question by descending the document trees; ``doc`` keeps to one document,
        ``filter`` to those that fit, such as ``"folder ^= leases and (year >= 2020 or not draft)"``. With ``judge``
        the context's model judges the branches, within a budget of milliseconds and tokens: ``True`` or ``"likelihood"`` by
        how likely the question is behind each, ``"letters"`` by the letter it names, ``"both"`` by the mean; a function in its place gets a
        ``JudgeBatch`` and returns a score from 0 to 1 for each candidate (None: no opinion).

        >>> def longest_first(batch):
        ...     return [min(len(candidate.text) / 1000, 1.0) for candidate in batch.candidates]
        >>> with sextant.Corpus() as corpus, sextant.Context(corpus=corpus) as ctx:
        ...     corpus.ingest("rules.md", "# Pets\\n\\nTenants may keep one dog. Cats are welcome.")
        ...     with ctx.retrieve("May tenants keep a dog?", judge=longest_first) as evidence:
        ...         any(step.judged > 0 for step in evidence.trace())
        True
        """
        if doc == "":
            raise ValueError("doc is empty; leave it out to search the whole corpus")
        data, token = utf8(question), cancel or Cancel()
        if isinstance(judge, str) and judge not in _WAYS:
            raise ValueError(f"judge is {judge!r}, not one of {', '.join(_WAYS)}")
        if callable(judge):
            return self._retrieve_judged(judge, data, top, beam, doc or "", filter, judge_weight, judge_ms, judge_tokens, token)
        return Evidence(self._run(
            token,
            lambda raw, stop, err: _raw.sx_retrieve(raw, data, top, beam, doc or "", filter, _WAYS[judge] if isinstance(judge, str) else int(judge),
                                                    judge_weight, judge_ms,
                                                    judge_tokens, stop, err),
            _raw.llm_evidence_free,
        ))

    def _retrieve_judged(self, judge: Judge, data: bytes, top: int, beam: int, doc: str, filter: str, weight: float, ms: int,
                         tokens: int,
                         cancel: Cancel) -> Evidence:
        err = _raw.llm_error()
        with self._life as raw, cancel._life as stop:
            made = with_judge(
                judge, cancel,
                lambda asker: _raw.sx_retrieve_judged(raw, data, top, beam, doc, filter, asker, weight, ms, tokens, stop, err),
                _raw.llm_evidence_free)
        drain_log()
        check(err)
        return Evidence(made)

    def generate(self, prompt: Text, evidence: Evidence | None = None, *, max_tokens: int = 0, temperature: float = 0.0,
                 top_k: int = 0, top_p: float = 0.0, min_p: float = 0.0, min_confidence: float = 0.0, seed: int = 0,
                 stop: Sequence[str] = (), ignore_eos: bool = False, no_bos: bool = False, parse_special: bool = False,
                 show_special: bool = False, sampling: Sampling | None = None, logprobs: int = 0, grammar: str = "",
                 schema: str | Mapping[str, Any] | None = None, draft: int = 0,
                 cancel: Cancel | None = None) -> Reply:
        """Begins an answer: iterate over it. Without evidence the model continues the prompt; with evidence the prompt
        is a question, and the answer cites only the evidence (quoted sentences when there is no model). ``logprobs``
        keeps log-probabilities and so many of the likeliest tokens: see ``Reply.logprobs``. ``grammar`` (GBNF) is what
        the text must follow; with ``schema`` (JSON Schema, as text or as a dict) it is JSON that satisfies it.
        ``draft`` tokens are guessed per step from what was read: the same text, sooner where it repeats the prompt."""
        flags = ((_raw.LLM_GEN_IGNORE_EOS if ignore_eos else 0) | (_raw.LLM_GEN_NO_BOS if no_bos else 0)
                 | (_raw.LLM_GEN_PARSE_SPECIAL if parse_special else 0)
                 | (_raw.LLM_GEN_SHOW_SPECIAL if show_special else 0))
        data, stops, token = utf8(prompt), string_list(stop, "stop"), cancel or Cancel()
        with life_of(evidence) as found, gen_opts(sampling, logprobs, grammar, schema, draft) as more:
            raw_reply = self._run(
                token,
                lambda raw, cancel_raw, err: _raw.sx_generate(
                    raw, data, found, flags, max_tokens, top_k, temperature, top_p, min_p, min_confidence, seed, stops,
                    more, cancel_raw, err),
                _raw.llm_reply_free,
            )
        return Reply(self, raw_reply, token)

    def check(self, text: Text, *, direction: int = Direction.INPUT, types: Sequence[str] = (), min_score: float = 0.0,
              cancel: Cancel | None = None) -> Verdict:
        """Finds personal data in a text and redacts it under the context's policy."""
        data, wanted = utf8(text), string_list(types, "types")
        if len(data) >= LARGE:  # worth being stopped by Ctrl-C
            verdict = self._run(
                cancel or Cancel(),
                lambda raw, stop, err: _raw.sx_guard_check(raw, data, direction, wanted, min_score, stop, err),
                _raw.llm_verdict_free)
        else:
            err = _raw.llm_error()
            with self._life as raw, life_of(cancel) as stop:
                verdict = _raw.sx_guard_check(raw, data, direction, wanted, min_score, stop, err)
            drain_log()
            check(err)
        try:
            return verdict_from(verdict)
        finally:
            _raw.llm_verdict_free(verdict)

    def guard_stream(self, *, direction: int = Direction.INPUT, types: Sequence[str] = (), min_score: float = 0.0,
                     cancel: Cancel | None = None) -> GuardStream:
        """The same for text that arrives in pieces."""
        wanted = string_list(types, "types")
        err = _raw.llm_error()
        with self._life as raw, life_of(cancel) as stop:
            stream = _raw.sx_guard_open(raw, direction, wanted, min_score, stop, err)
        check(err)
        return GuardStream(self, stream, cancel)

    def set_adapter(self, adapter: Adapter, scale: float = 1.0) -> None:
        """The context carries the adapter from now on, times scale (0: not at all); several add up."""
        err = _raw.llm_error()
        with self._life as raw, life_of(adapter) as worn:
            _raw.sx_ctx_set_adapter(raw, worn, scale, err)
        check(err)

    def score(self, texts: Sequence[Text], prompt: Text = "", *, given: Sequence[int] = (), top: int = 0,
              no_bos: bool = False, parse_special: bool = False, cancel: Cancel | None = None) -> List[Score]:
        """How likely the model finds each text after the prompt, which is read once for all. ``given``: bytes at the
        beginning of each text that are read and not scored; ``top``: the likeliest tokens to keep at each place."""
        joined, lens = _joined(texts, given)
        flags = (_raw.LLM_SCORE_NO_BOS if no_bos else 0) | (_raw.LLM_SCORE_PARSE_SPECIAL if parse_special else 0)
        before = utf8(prompt)
        scores = self._run(
            cancel or Cancel(),
            lambda raw, stop, err: _raw.sx_score(raw, before, joined, lens, flags, top, stop, err),
            _raw.llm_scores_free,
        )
        return self._scores(scores, top)

    def score_tokens(self, tokens: Sequence[int], start: int = 0, *, top: int = 0,
                     cancel: Cancel | None = None) -> Score:
        """How likely the model finds exactly these tokens, from index ``start`` on (0 counts as 1)."""
        ids = id_bytes(tokens)
        scores = self._run(
            cancel or Cancel(),
            lambda raw, stop, err: _raw.sx_score_tokens(raw, ids, start, top, stop, err),
            _raw.llm_scores_free,
        )
        return self._scores(scores, top)[0]

    def _scores(self, scores: Any, top: int) -> List[Score]:
        with self._life:
            made = [_score(scores, i, top) for i in range(_raw.llm_scores_count(scores))]
            _raw.llm_scores_free(scores)
        return made

    def embed(self, texts: Sequence[Text], *, pooling: int = Pooling.MODEL, normalise: bool = False,
              cancel: Cancel | None = None) -> "memoryview[float]":
        """Each text as a vector: a view of floats, one row per text (with ``Pooling.NONE`` one per token)."""
        joined, lens = _joined(texts)
        flags = _raw.LLM_EMBED_NORMALISE if normalise else 0
        with life_of(self._model) as model:
            data = self._run(
                cancel or Cancel(),
                lambda raw, stop, err: _raw.sx_embed(raw, model, joined, lens, flags, int(pooling), stop, err), None)
            width = _raw.llm_model_n_embd(model) if model is not None else 1
        return memoryview(data).cast("f", shape=[len(data) // 4 // width, width])

    def rerank(self, query: Text, documents: Sequence[Text], *, cancel: Cancel | None = None) -> List[float]:
        """How well each document answers the query, larger is better: what the model's classification head says."""
        joined, lens = _joined(documents)
        asked = utf8(query)
        data = self._run(
            cancel or Cancel(), lambda raw, stop, err: _raw.sx_rerank(raw, asked, joined, lens, stop, err), None)
        return list(memoryview(data).cast("f"))

    def imatrix(self, text: Text, path: StrPath, *, name: str = "",
                cancel: Cancel | None = None) -> None:
        """Writes an importance matrix of a text for ``quantize``; the context forgets what it has read."""
        data, out = utf8(text), os.fsencode(path)
        self._run(cancel or Cancel(), lambda raw, stop, err: _raw.sx_imatrix(raw, data, name, out, stop, err), None)

    def logits(self, tokens: Sequence[int], *, cancel: Cancel | None = None) -> "memoryview[float]":
        """Logits of a token sequence from an empty cache: a view of floats, one row of ``n_vocab`` per token."""
        ids, token = id_bytes(tokens), cancel or Cancel()
        with life_of(self._model) as model:
            data = self._run(token, lambda raw, stop, err: _raw.sx_logits(raw, model, ids, stop, err), None)
            width = _raw.llm_model_n_vocab(model) if model is not None else 1
        return memoryview(data).cast("f", shape=[len(tokens), width])
