"""Answers from your own documents, inside your own process.

    >>> import sextant
    >>> with sextant.Corpus() as corpus, sextant.Context(corpus=corpus) as ctx:
    ...     corpus.ingest("handbook.md", "# Leave\\n\\nWe have 25 days of annual leave. It lapses in March.")
    ...     question = "How many days of annual leave do we have?"
    ...     with ctx.retrieve(question) as evidence, ctx.generate(question, evidence) as reply:
    ...         for piece in reply:
    ...             print(piece, end="")
    ...         for citation in reply.citations:
    ...             print(f" [{citation.node}] {citation.path}: {citation.text}")
    We have 25 days of annual leave. [0.0] [0.0] Leave: We have 25 days of annual leave.

Model, Corpus, Guard, Vault, Audit and Cancel may be shared by threads; a Context and what it hands out belong to one caller at a
time. Long calls release the interpreter lock, and Ctrl-C stops them. After os.fork() make new handles. Nothing is
printed; the library's log goes to logging.getLogger("sextant").
"""

from __future__ import annotations

try:
    from . import capi as _raw
except ImportError as exc:  # the usual puzzle of a binding without its library
    raise ImportError(
        f"the compiled part of sextant does not load ({exc}): is libsextant installed where the linker finds it, and was "
        "this package built for this Python?"
    ) from exc

from ._audit import Audit, AuditReport, verify_audit
from ._context import Context
from ._corpus import Corpus, Tree
from ._errors import (
    BusyError,
    CancelledError,
    ClosedError,
    CorruptError,
    DiskFullError,
    ForkError,
    FormatError,
    InputOutputError,
    InternalError,
    InvalidArgumentError,
    KeyMismatchError,
    LimitError,
    NotFoundError,
    OutOfMemoryError,
    ReadOnlyError,
    SextantError,
    UnsupportedError,
    Utf8Error,
    VersionError,
)
from ._guard import Guard, GuardStream, Vault, guard_presets, guard_types
from ._handle import Cancel
from ._model import Adapter, Model, dequantize, quantize
from ._reply import Evidence, Reply
from ._types import (
    Action,
    Candidate,
    Citation,
    Decision,
    Direction,
    Doc,
    Finding,
    Finish,
    Format,
    Hit,
    Isa,
    JudgeBatch,
    KvType,
    Match,
    Node,
    NodeKind,
    Sampling,
    Pooling,
    Score,
    Step,
    TokenLogprob,
    TraceAction,
    Usage,
    Verdict,
)

__version__: str = _raw.LLM_VERSION

__all__ = [
    "Action", "Adapter", "Audit", "AuditReport", "BusyError", "Cancel", "CancelledError", "Candidate", "Citation", "ClosedError", "Context", "Corpus", "CorruptError",
    "Decision", "Direction", "DiskFullError", "Doc", "Evidence", "Finding", "Finish", "ForkError", "Format",
    "FormatError", "Guard", "GuardStream", "Hit", "InputOutputError", "InternalError", "InvalidArgumentError", "Isa",
    "JudgeBatch", "KeyMismatchError", "KvType", "LimitError", "Match", "Model", "Node", "NodeKind", "NotFoundError", "OutOfMemoryError",
    "Pooling", "ReadOnlyError", "Reply", "Sampling", "Score", "SextantError", "Step", "TokenLogprob", "TraceAction",
    "Tree", "UnsupportedError", "Usage", "Utf8Error", "Vault", "Verdict", "VersionError", "build_info", "dequantize",
    "guard_presets", "guard_types", "quantize", "verify_audit", "version",
]


def version() -> str:
    """The version of the library that is loaded.

    >>> sextant.version() == sextant.__version__
    True
    """
    return str(_raw.llm_version())


def build_info(key: str) -> str | None:
    """A fact of the library's build by key: "api_level", "compiler", "isa", "sqlite", "sodium", "unicode".

    >>> int(sextant.build_info("api_level")) >= 3
    True
    """
    found: str | None = _raw.llm_build_info(key)
    return found


_level = int(build_info("api_level") or 0)
if _level < _raw.LLM_API_LEVEL:
    raise ImportError(
        f"libsextant {version()} has API level {_level}, this package needs {_raw.LLM_API_LEVEL}: install a newer libsextant"
    )
