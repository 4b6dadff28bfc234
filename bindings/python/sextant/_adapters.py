"""What the adapters for frameworks share: passages for a question, each call in a context of its own, so that any number of a
framework's threads and tasks may ask at once."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any, Callable, Dict, List, Tuple, TypeVar

from ._context import Context
from ._corpus import Corpus
from ._guard import Guard
from ._handle import Cancel
from ._model import Model
from ._types import Direction

T = TypeVar("T")
#: text, metadata, score
Passage = Tuple[str, Dict[str, Any], float]


def passages(corpus: Corpus, question: str, *, guard: Guard | None, model: Model | None, top: int, doc: str | None,
             min_confidence: float, cancel: Cancel | None = None) -> List[Passage]:
    """Passages, best first; with a guard their text is redacted, and what it blocks is left out; with a model it judges."""
    found: List[Passage] = []
    with Context(model, corpus, guard) as ctx:
        with ctx.retrieve(question, top=top, doc=doc, judge=model is not None, cancel=cancel) as evidence:
            if evidence.confidence < min_confidence:
                return found
            for hit in evidence:
                text = hit.text
                if guard is not None:
                    verdict = ctx.check(text, direction=Direction.EVIDENCE, cancel=cancel)
                    if not verdict.allowed:
                        continue
                    text = verdict.text
                facts = asdict(hit)
                del facts["text"]
                found.append((text, {"source": facts.pop("doc"), **facts, "confidence": evidence.confidence}, hit.score))
    return found


async def in_thread(call: Callable[[Cancel], T]) -> T:
    """A long call off the event loop; when the task is cancelled the call is stopped and has ended before this returns."""
    token = Cancel()
    work = asyncio.get_running_loop().run_in_executor(None, call, token)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        token.set()
        await asyncio.wait([work])
        if not work.cancelled():
            work.exception()  # seen: it is the cancellation
        raise
