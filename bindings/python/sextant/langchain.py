"""For LangChain: a retriever over a corpus and a language model. Needs the package langchain-core.

    from sextant.langchain import SextantLLM, SextantRetriever

    retriever = SextantRetriever(corpus=corpus, top=4)
    llm = SextantLLM(model=model, max_tokens=200)
    chain = {"context": retriever, "question": RunnablePassthrough()} | prompt | llm
"""

from __future__ import annotations

from typing import Any, AsyncIterator, Dict, Iterator, List

from langchain_core.callbacks import (
    AsyncCallbackManagerForLLMRun,
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForLLMRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.language_models.llms import LLM
from langchain_core.outputs import GenerationChunk
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from ._adapters import in_thread, passages
from ._context import Context
from ._corpus import Corpus
from ._guard import Guard
from ._handle import Cancel
from ._model import Model


class SextantRetriever(BaseRetriever):
    """Passages of a corpus as documents; their metadata holds source, node, path, start, end, page, score and confidence.

    With a guard the text is redacted, and passages it blocks are left out; with a model it judges the branches. Below
    ``min_confidence`` there are none: "it is not in here" is an answer.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    corpus: Corpus
    guard: Guard | None = None
    judge: Model | None = None
    top: int = 0
    doc: str | None = None
    min_confidence: float = 0.0

    def _find(self, query: str, cancel: Cancel | None = None) -> List[Document]:
        found = passages(self.corpus, query, guard=self.guard, model=self.judge, top=self.top, doc=self.doc,
                         min_confidence=self.min_confidence, cancel=cancel)
        return [Document(page_content=text, metadata=facts) for text, facts, _ in found]

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> List[Document]:
        return self._find(query)

    async def _aget_relevant_documents(self, query: str, *,
                                       run_manager: AsyncCallbackManagerForRetrieverRun) -> List[Document]:
        return await in_thread(lambda cancel: self._find(query, cancel))


class SextantLLM(LLM):
    """A model that continues prompts, whole or streamed. ``max_tokens`` and ``options`` (arguments of ``Context.generate``, such
    as temperature, seed, schema) can be given here or with each call."""

    model_config = ConfigDict(arbitrary_types_allowed=True, protected_namespaces=())

    model: Model
    guard: Guard | None = None
    max_tokens: int = 256
    n_ctx: int = 0
    options: Dict[str, Any] = {}

    @property
    def _llm_type(self) -> str:
        return "sextant"

    @property
    def _identifying_params(self) -> Dict[str, Any]:
        return {"model": self.model.info("name"), "arch": self.model.info("arch"), "max_tokens": self.max_tokens, **self.options}

    def _context(self) -> Context:
        return Context(self.model, guard=self.guard, n_ctx=self.n_ctx)

    def _arguments(self, stop: List[str] | None, given: Dict[str, Any]) -> Dict[str, Any]:
        return {"max_tokens": self.max_tokens, **self.options, **given, "stop": stop or given.get("stop", ())}

    def _call(self, prompt: str, stop: List[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None,
              **kwargs: Any) -> str:
        with self._context() as ctx, ctx.generate(prompt, **self._arguments(stop, kwargs)) as reply:
            return reply.read()

    def _stream(self, prompt: str, stop: List[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None,
                **kwargs: Any) -> Iterator[GenerationChunk]:
        with self._context() as ctx, ctx.generate(prompt, **self._arguments(stop, kwargs)) as reply:
            for piece in reply:
                if run_manager:
                    run_manager.on_llm_new_token(piece)
                yield GenerationChunk(text=piece)

    async def _acall(self, prompt: str, stop: List[str] | None = None,
                     run_manager: AsyncCallbackManagerForLLMRun | None = None, **kwargs: Any) -> str:
        return "".join([chunk.text async for chunk in self._astream(prompt, stop, None, **kwargs)])

    async def _astream(self, prompt: str, stop: List[str] | None = None,
                       run_manager: AsyncCallbackManagerForLLMRun | None = None,
                       **kwargs: Any) -> AsyncIterator[GenerationChunk]:
        arguments = self._arguments(stop, kwargs)
        with self._context() as ctx:
            with await in_thread(lambda cancel: ctx.generate(prompt, cancel=cancel, **arguments)) as reply:
                async for piece in reply:
                    if run_manager:
                        await run_manager.on_llm_new_token(piece)
                    yield GenerationChunk(text=piece)
