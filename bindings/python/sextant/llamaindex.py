"""For LlamaIndex: a retriever over a corpus. Needs the package llama-index-core.

    from sextant.llamaindex import SextantRetriever

    nodes = SextantRetriever(corpus, top=4).retrieve("How many days of annual leave do we have?")
"""

from __future__ import annotations

from typing import Any, List

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from ._adapters import in_thread, passages
from ._corpus import Corpus
from ._guard import Guard
from ._handle import Cancel
from ._model import Model


class SextantRetriever(BaseRetriever):
    """Passages of a corpus as text nodes, which keep their ids: document and node. Arguments as in ``sextant.langchain``."""

    def __init__(self, corpus: Corpus, *, guard: Guard | None = None, judge: Model | None = None, top: int = 0,
                 doc: str | None = None, min_confidence: float = 0.0, **kwargs: Any) -> None:
        self._corpus = corpus
        self._guard = guard
        self._judge = judge
        self._top = top
        self._doc = doc
        self._min_confidence = min_confidence
        super().__init__(**kwargs)

    def _find(self, query: QueryBundle, cancel: Cancel | None = None) -> List[NodeWithScore]:
        found = passages(self._corpus, query.query_str, guard=self._guard, model=self._judge, top=self._top, doc=self._doc,
                         min_confidence=self._min_confidence, cancel=cancel)
        return [
            NodeWithScore(node=TextNode(id_=f"{facts['source']}#{facts['node']}", text=text, metadata=facts,
                                        start_char_idx=None, end_char_idx=None), score=score)
            for text, facts, score in found
        ]

    def _retrieve(self, query_bundle: QueryBundle) -> List[NodeWithScore]:
        return self._find(query_bundle)

    async def _aretrieve(self, query_bundle: QueryBundle) -> List[NodeWithScore]:
        return await in_thread(lambda cancel: self._find(query_bundle, cancel))
