"""A host's own judge of a retrieval: the retrieval runs in a thread of its own, and the caller's thread answers its batches,
so that nothing ever calls into the interpreter from outside."""

from __future__ import annotations

import math
import threading
from typing import Any, Callable, List, Sequence

from . import capi as _raw
from ._handle import Cancel
from ._types import Candidate, JudgeBatch

#: scores from 0 to 1 in the order of the candidates; None, and what is left out at the end: no opinion
Judge = Callable[[JudgeBatch], "Sequence[float | None]"]


def _batch(raw: Any) -> JudgeBatch:
    ms = _raw.sx_judge_ms_left(raw)
    return JudgeBatch(
        _raw.sx_judge_question(raw),
        tuple(Candidate(_raw.sx_judge_doc(raw, i), _raw.sx_judge_node(raw, i), _raw.sx_judge_text(raw, i),
                        _raw.sx_judge_lexical(raw, i)) for i in range(_raw.sx_judge_count(raw))),
        _raw.sx_judge_tokens_left(raw), ms,
    )


def _ask(judge: Judge, raw: Any) -> None:
    batch = _batch(raw)
    scores = judge(batch)
    if len(scores) > len(batch.candidates):
        raise ValueError(f"the judge gave {len(scores)} scores for {len(batch.candidates)} candidates")
    for i, score in enumerate(scores):
        if score is not None and not math.isnan(score):
            _raw.sx_judge_score(raw, i, float(score))


def with_judge(judge: Judge, cancel: Cancel, retrieve: Callable[[Any], Any], discard: Callable[[Any], None]) -> Any:
    """``retrieve`` called with a raw judge; an exception of ``judge``, or Ctrl-C, ends it and is raised here."""
    raw = _raw.sx_judge_create()
    if raw is None:
        raise MemoryError("no memory for the judge")
    made: List[Any] = []
    problem: BaseException | None = None
    wrong: List[BaseException] = []

    def run() -> None:
        try:
            made.append(retrieve(raw))
        except BaseException as exc:  # an argument that does not travel: the retrieval never began
            wrong.append(exc)
            _raw.sx_judge_end(raw)

    worker = threading.Thread(target=run, name="sextant retrieval", daemon=True)
    worker.start()
    while True:
        try:
            state = _raw.sx_judge_wait(raw, 50)
            if state == 0:
                break
            if state > 0:
                status = _raw.LLM_E_USER
                try:
                    if problem is None:
                        _ask(judge, raw)
                        status = _raw.LLM_OK
                finally:
                    _raw.sx_judge_answer(raw, status)
        except BaseException as exc:  # the judge's own, or Ctrl-C: the retrieval ends first
            problem = problem or exc
            cancel.set()
    worker.join()
    _raw.sx_judge_free(raw)
    problem = problem or (wrong[0] if wrong else None)
    if problem is not None:
        if made and made[0] is not None:
            discard(made[0])
        raise problem
    return made[0]
