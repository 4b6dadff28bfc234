"""Evidence: what a retrieval found; Reply: an answer being made, an iterator over its pieces."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, AsyncIterator, Iterator, List, Sequence, Tuple, overload

from . import capi as _raw
from ._errors import check
from ._handle import Cancel, Handle, drain_log, life_of, long_call
from ._types import (
    Citation, Direction, Finish, Hit, Step, TokenLogprob, TraceAction, Usage, Verdict, verdict_from,
)

if TYPE_CHECKING:
    from ._context import Context


class Evidence(Handle, Sequence[Hit]):
    """Passages that retrieval found, best first. Readable after ``close()``; open it can be passed to ``generate``.

    >>> with sextant.Corpus() as corpus, sextant.Context(corpus=corpus) as ctx:
    ...     corpus.ingest("rules.md", "# Pets\\n\\nTenants may keep one dog. Cats are welcome.")
    ...     with ctx.retrieve("How many dogs may tenants keep?") as evidence:
    ...         evidence[0].doc, evidence[0].text, evidence.confidence > 0.5
    ('rules.md', '# Pets\\n\\nTenants may keep one dog. Cats are welcome.', True)
    """

    _name = "evidence"
    _warns = False

    def __init__(self, raw: Any) -> None:
        super().__init__(raw, _raw.llm_evidence_free)
        #: the calibrated probability that the answer is in the evidence at all
        self.confidence: float = _raw.llm_evidence_confidence(raw)
        self._hits: Tuple[Hit, ...] = tuple(
            Hit(
                _raw.llm_evidence_doc(raw, i), _raw.llm_evidence_node(raw, i), _raw.llm_evidence_path(raw, i),
                _raw.llm_evidence_text(raw, i), _raw.llm_evidence_start(raw, i), _raw.llm_evidence_end(raw, i),
                _raw.llm_evidence_score(raw, i), _raw.llm_evidence_page(raw, i),
            )
            for i in range(_raw.llm_evidence_count(raw))
        )

    def __len__(self) -> int:
        return len(self._hits)

    @overload
    def __getitem__(self, at: int) -> Hit: ...

    @overload
    def __getitem__(self, at: slice) -> Tuple[Hit, ...]: ...

    def __getitem__(self, at: "int | slice") -> "Hit | Tuple[Hit, ...]":
        return self._hits[at]

    def trace(self) -> List[Step]:
        """The scratchpad: what was considered at each level, in order."""
        with self._life as raw:
            return [
                Step(
                    _raw.llm_trace_doc(raw, i), _raw.llm_trace_node(raw, i), _raw.llm_trace_depth(raw, i),
                    TraceAction(_raw.llm_trace_action(raw, i)), _raw.llm_trace_score(raw, i),
                    _raw.llm_trace_reason(raw, i), _raw.llm_trace_lexical(raw, i), _raw.llm_trace_judged(raw, i),
                )
                for i in range(_raw.llm_trace_count(raw))
            ]

    def __repr__(self) -> str:
        return f"<sextant.Evidence of {len(self._hits)} passages, confidence {self.confidence:.2f}>"


class Reply(Handle):
    """An answer being made. ``for piece in reply`` (or ``async for``) pulls it; leaving the loop early stops nothing
    but the pulling: ``close()`` it, or use ``with``, before the context's next answer.

    >>> with sextant.Corpus() as corpus, sextant.Context(corpus=corpus) as ctx:
    ...     corpus.ingest("rules.md", "# Pets\\n\\nTenants may keep one dog. Cats are welcome.")
    ...     question = "How many dogs may tenants keep?"
    ...     with ctx.retrieve(question) as evidence, ctx.generate(question, evidence) as reply:
    ...         "".join(reply), reply.finish.name, reply.citations[0].text
    ('Tenants may keep one dog. [0.0]', 'STOP', 'Tenants may keep one dog.')
    """

    _name = "reply"
    _warns = False

    def __init__(self, context: "Context", raw: Any, cancel: Cancel) -> None:
        life = context._life
        super().__init__(raw, lambda r: life.when_idle(lambda: _raw.llm_reply_free(r)))
        self._context = context
        self._cancel = cancel  # must outlive the reply
        self._begun = False

    def cancel(self) -> None:
        """Stops the making from any thread; the pulling thread gets CancelledError, what was made stays readable."""
        self._cancel.set()

    def _step(self) -> str | None:
        err = _raw.llm_error()
        with self._context._life as ctx, self._life as raw:
            if self._begun:
                status = _raw.sx_reply_next(raw, ctx, err)
            else:  # the first piece waits for the whole prompt
                self._begun = True
                status = long_call(self._cancel, lambda: _raw.sx_reply_next(raw, ctx, err))
            drain_log()
            check(err)
            if status != _raw.LLM_MORE:
                return None
            piece: bytes = _raw.sx_reply_piece(raw)
            return piece.decode("utf-8", "replace")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        piece = self._step()
        if piece is None:
            raise StopIteration
        return piece

    async def __aiter__(self) -> AsyncIterator[str]:
        """Pulls each piece in the loop's executor; cancelling the task cancels the reply."""
        loop = asyncio.get_running_loop()
        while True:
            pull = loop.run_in_executor(None, self._step)
            try:
                piece = await asyncio.shield(pull)
            except asyncio.CancelledError:
                self.cancel()
                await asyncio.wait([pull])
                if not pull.cancelled():
                    pull.exception()  # seen: it is the cancellation
                raise
            if piece is None:
                return
            yield piece

    def read(self) -> str:
        """Pulls to the end and returns the whole answer."""
        for _ in self:
            pass
        return self.text

    @property
    def text(self) -> str:
        """All pieces so far."""
        with self._context._life.reading(), self._life as raw:
            text: bytes = _raw.sx_reply_text(raw)
            return text.decode("utf-8", "replace")

    @property
    def finish(self) -> Finish:
        """Why the answer ended; NONE while it has not."""
        with self._context._life.reading(), self._life as raw:
            return Finish(_raw.llm_reply_finish(raw))

    @property
    def tokens(self) -> List[int]:
        """Ids of the tokens made so far."""
        with self._context._life.reading(), self._life as raw:
            return [_raw.llm_reply_token(raw, i) for i in range(_raw.llm_reply_output_tokens(raw))]

    @property
    def logprobs(self) -> List[TokenLogprob]:
        """Log-probabilities of the tokens made so far, when ``generate`` was asked for them."""
        with self._context._life.reading(), self._life as raw:
            out = []
            for i in range(_raw.llm_reply_output_tokens(raw)):
                top: List[Tuple[int, float]] = []
                while (token := _raw.llm_reply_top_token(raw, i, len(top))) >= 0:
                    top.append((token, _raw.llm_reply_top_logprob(raw, i, len(top))))
                if not top:
                    return []
                out.append(TokenLogprob(_raw.llm_reply_token(raw, i), _raw.llm_reply_logprob(raw, i), tuple(top)))
            return out

    @property
    def usage(self) -> Usage:
        """Tokens and time."""
        with self._context._life.reading(), self._life as raw:
            return Usage(_raw.llm_reply_prompt_tokens(raw), _raw.llm_reply_output_tokens(raw),
                         _raw.llm_reply_prompt_ms(raw), _raw.llm_reply_output_ms(raw))

    @property
    def citations(self) -> List[Citation]:
        """Citations of the answer so far, verified."""
        with self._context._life.reading(), self._life as raw:
            return [
                Citation(
                    _raw.llm_reply_citation_node(raw, i), _raw.llm_reply_citation_doc(raw, i),
                    _raw.llm_reply_citation_path(raw, i), _raw.llm_reply_citation_text(raw, i),
                    _raw.llm_reply_citation_start(raw, i), _raw.llm_reply_citation_end(raw, i),
                    _raw.llm_reply_citation_support(raw, i), _raw.llm_reply_citation_page(raw, i),
                )
                for i in range(_raw.llm_reply_citation_count(raw))
            ]

    def verdict(self, direction: int = Direction.OUTPUT) -> Verdict | None:
        """What the guard saw on the way in one direction; None when it did not run."""
        with self._context._life.reading(), self._life as raw:
            verdict = _raw.llm_reply_verdict(raw, direction)
            return None if verdict is None else verdict_from(verdict)
