"""Corpus: documents as trees, in one file or in memory."""

from __future__ import annotations

import os
from typing import Any, Callable, Iterator, List, Mapping, Sequence, Tuple, Union, overload

from . import capi as _raw
from ._errors import check
from ._handle import LOG, Cancel, Handle, StrPath, Text, absolute, drain_log, life_of, long_call, string_list, utf8
from ._types import Doc, Format, Node, NodeKind


def said_about(docs: Any, i: int) -> Iterator[str]:
    k = 0
    while (item := _raw.llm_docs_about(docs, i, k)) is not None:
        yield item
        k += 1


Meta = Mapping[str, Union[str, int, float, Sequence[str]]]


def about(folder: str | None, labels: Sequence[str] | None, meta: Meta | None) -> Tuple[bytes, bytes, bytes]:
    """What is said about a document as the library takes it: an empty list is one NUL, nothing at all is nothing."""
    if folder is not None and "\0" in folder:
        raise ValueError("a folder may not hold a NUL character")
    pairs = [f"{key}={value}" for key, values in (meta or {}).items()
             for value in ([values] if isinstance(values, (str, int, float)) else values)]
    return (b"" if folder is None else utf8(folder) + b"\0",
            b"" if labels is None else string_list(labels, "labels") + b"\0",
            b"" if meta is None else string_list(pairs, "meta") + b"\0")


class Corpus(Handle):
    """Documents kept as trees in the file ``path``, or in memory without one. Any number of threads may share it. A corpus
    of a file pickles as its path.

    >>> with sextant.Corpus("notes.sextant") as corpus:
    ...     corpus.ingest("rules.md", "# Pets\\n\\nTenants may keep one dog. Cats are welcome.")
    ...     [(doc.name, doc.bytes) for doc in corpus.docs()]
    [('rules.md', 51)]
    """

    _name = "corpus"

    def __init__(
        self,
        path: StrPath | None = None,
        *,
        readonly: bool = False,
        max_doc_bytes: int = 0,
        max_cache_bytes: int = 0,
        max_doc_nodes: int = 0,
    ) -> None:
        err = _raw.llm_error()
        name = b"" if path is None else os.fsencode(path)
        if path is not None and not name:
            raise ValueError("the path is empty; leave it out for a corpus in memory")
        flags = _raw.LLM_CORPUS_READONLY if readonly else 0
        raw = _raw.sx_corpus_open(name, flags, max_doc_bytes, max_cache_bytes, max_doc_nodes, LOG, err)
        drain_log()
        check(err)
        super().__init__(raw, _raw.llm_corpus_free)
        if path is not None:
            self._origin = (absolute(path),), {
                "readonly": readonly,
                "max_doc_bytes": max_doc_bytes,
                "max_cache_bytes": max_cache_bytes,
                "max_doc_nodes": max_doc_nodes,
            }

    def _run(self, cancel: Cancel | None, call: Callable[[Any, Any, Any], int]) -> None:
        err = _raw.llm_error()
        token = cancel or Cancel()
        with self._life as raw, life_of(token) as stop:
            long_call(token, lambda: call(raw, stop, err))
        drain_log()
        check(err)

    def ingest(self, name: str, text: Text, *, format: int = Format.BY_NAME, folder: str | None = None,
               labels: Sequence[str] | None = None, meta: Meta | None = None, cancel: Cancel | None = None) -> None:
        """Adds a document, or replaces the one of that name; wholly or not at all, also across a crash. ``folder``, ``labels``
        and ``meta`` say something about it (:meth:`describe`); what is left out stays as it was."""
        data, said = utf8(text), about(folder, labels, meta)
        self._run(cancel, lambda raw, stop, err: int(_raw.sx_ingest(raw, name, data, format, *said, stop, err)))

    def ingest_file(self, path: StrPath, name: str | None = None, *, format: int = Format.BY_NAME,
                    folder: str | None = None, labels: Sequence[str] | None = None, meta: Meta | None = None,
                    cancel: Cancel | None = None) -> None:
        """The same with the bytes of a file; without a name the path's last part is taken."""
        if name == "":
            raise ValueError("the name is empty; leave it out to take the path's last part")
        file, said = os.fsencode(path), about(folder, labels, meta)
        self._run(cancel,
                  lambda raw, stop, err: int(_raw.sx_ingest_file(raw, file, name or "", format, *said, stop, err)))

    def describe(self, name: str, *, node: str | None = None, folder: str | None = None,
                 labels: Sequence[str] | None = None, meta: Meta | None = None) -> None:
        """Changes what is said about a document: the folder it stands in, the labels of which one must be held to see it
        (:meth:`view`), and ``meta``, pairs that a filter can ask for. With ``node``, the labels of that place of it.

        >>> with sextant.Corpus() as corpus, sextant.Context(corpus=corpus) as ctx:
        ...     corpus.ingest("lease.md", "# Pets\\n\\nTenants may keep one dog.", folder="leases", meta={"year": 2024})
        ...     corpus.describe("lease.md", labels=["legal"])
        ...     corpus.docs()[0].about
        ('folder=leases', 'label=legal', 'year=2024')
        """
        err = _raw.llm_error()
        with self._life as raw:
            _raw.sx_describe(raw, name, node or "", *about(folder, labels, meta), err)
        drain_log()
        check(err)

    def edit(self, name: str, begin: int, end: int, text: Text, *, hash: str = "") -> None:
        """Replaces the bytes ``[begin, end)`` of a document's canonical text, durably and at once. New words inside a
        paragraph leave all other nodes their ids. With ``hash``, that of the root node the offsets were taken from:
        BusyError when the document has changed since.

        >>> with sextant.Corpus() as corpus:
        ...     corpus.ingest("rules.md", "# Pets\\n\\nTenants may keep one dog.")
        ...     corpus.edit("rules.md", 25, 28, "two")
        ...     corpus.tree("rules.md").text
        '# Pets\\n\\nTenants may keep two dog.'
        """
        data, err = utf8(text), _raw.llm_error()
        with self._life as raw:
            _raw.sx_edit(raw, name, begin, end, data, hash, err)
        drain_log()
        check(err)

    def view(self, labels: Sequence[str]) -> "Corpus":
        """The corpus as a holder of these labels sees it, for a ``Context``, :meth:`docs` and :meth:`tree`: of the rest
        nothing is shown, counted or scored. It cannot be written to.

        >>> with sextant.Corpus() as corpus:
        ...     corpus.ingest("open.txt", "For everybody.")
        ...     corpus.ingest("board.txt", "For the board.", labels=["board"])
        ...     with corpus.view([]) as everybody, corpus.view(["board"]) as board:
        ...         len(everybody.docs()), len(board.docs())
        (1, 2)
        """
        err = _raw.llm_error()
        with self._life as raw:
            made = _raw.sx_corpus_view(raw, string_list(labels, "labels"), err)
        check(err)
        view = Corpus.__new__(Corpus)
        Handle.__init__(view, made, _raw.llm_corpus_free)
        return view

    def remove(self, name: str) -> None:
        """Removes a document; NotFoundError when there is none of that name."""
        err = _raw.llm_error()
        with self._life as raw:
            err_code = _raw.llm_remove(raw, name, err)
        drain_log()
        if err_code < 0:
            check(err)

    def check(self) -> None:
        """Proves the whole corpus sound, or raises CorruptError with what is lost."""
        err = _raw.llm_error()
        with self._life as raw:
            code = _raw.llm_corpus_check(raw, err)
        if code < 0:
            check(err)

    def docs(self) -> List[Doc]:
        """The documents as they are now, sorted by name."""
        err = _raw.llm_error()
        with self._life as raw:
            docs = _raw.sx_docs_list(raw, err)
        check(err)
        try:
            return [
                Doc(_raw.llm_docs_name(docs, i), _raw.llm_docs_bytes(docs, i), _raw.llm_docs_nodes(docs, i),
                    _raw.llm_docs_hash(docs, i), tuple(said_about(docs, i)))
                for i in range(_raw.llm_docs_count(docs))
            ]
        finally:
            _raw.llm_docs_free(docs)

    def tree(self, name: str) -> "Tree":
        """The tree of a document as it is now: a snapshot."""
        err = _raw.llm_error()
        with self._life as raw:
            tree = _raw.sx_tree_open(raw, name, err)
        check(err)
        return Tree(tree)


class Tree(Handle, Sequence[Node]):
    """A document's tree, a sequence of nodes in reading order, a parent before its children.

    >>> with sextant.Corpus() as corpus:
    ...     corpus.ingest("rules.md", "# Pets\\n\\nTenants may keep one dog. Cats are welcome.")
    ...     with corpus.tree("rules.md") as tree:
    ...         for node in tree:
    ...             print(node.id, node.kind.name, tree.data[node.start:node.end].decode().splitlines()[0])
    0 DOCUMENT # Pets
    0.0 SECTION # Pets
    0.0.0 PARAGRAPH Tenants may keep one dog. Cats are welcome.
    0.0.0.0 SENTENCE Tenants may keep one dog.
    0.0.0.1 SENTENCE Cats are welcome.
    """

    _name = "tree"
    _warns = False

    def __init__(self, raw: Any) -> None:
        super().__init__(raw, _raw.llm_tree_free)

    @property
    def text(self) -> str:
        """The canonical text."""
        return self.data.decode("utf-8")

    @property
    def data(self) -> bytes:
        """The canonical text in UTF-8: what start and end count in."""
        with self._life as raw:
            text: bytes = _raw.sx_tree_text(raw)
            return text

    def find(self, id: str) -> int | None:
        """The position of a node id such as "0.2.5", or None."""
        with self._life as raw:
            at = int(_raw.llm_tree_find(raw, id))
            return None if at < 0 else at

    def pageindex(self) -> str:
        """The sections as PageIndex's JSON tree, which :meth:`Corpus.ingest` reads too."""
        err = _raw.llm_error()
        with self._life as raw:
            json: bytes = _raw.sx_tree_json(raw, err)
        check(err)
        return json.decode("utf-8")

    def __len__(self) -> int:
        with self._life as raw:
            return int(_raw.llm_tree_count(raw))

    def _node(self, i: int) -> Node:
        with self._life as raw:
            return Node(
                _raw.llm_tree_id(raw, i), _raw.llm_tree_parent(raw, i), NodeKind(_raw.llm_tree_kind(raw, i)),
                _raw.llm_tree_depth(raw, i), _raw.llm_tree_title(raw, i), _raw.llm_tree_start(raw, i),
                _raw.llm_tree_end(raw, i), _raw.llm_tree_hash(raw, i),
            )

    @overload
    def __getitem__(self, at: int) -> Node: ...

    @overload
    def __getitem__(self, at: slice) -> List[Node]: ...

    def __getitem__(self, at: "int | slice") -> "Node | List[Node]":
        size = len(self)
        if isinstance(at, slice):
            return [self._node(i) for i in range(*at.indices(size))]
        i = at + size if at < 0 else at
        if not 0 <= i < size:
            raise IndexError(f"the tree has {size} nodes, there is none at {at}")
        return self._node(i)

    def __iter__(self) -> Iterator[Node]:
        return (self._node(i) for i in range(len(self)))
