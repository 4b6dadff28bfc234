"""Constants by name, and the values that calls return: copied out of C, frozen, valid for ever."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any, Mapping, Tuple

from . import capi as _raw


class Format(enum.IntEnum):
    """How to read a document."""

    BY_NAME = 0
    TEXT = _raw.LLM_FORMAT_TEXT
    MARKDOWN = _raw.LLM_FORMAT_MARKDOWN
    HTML = _raw.LLM_FORMAT_HTML
    DOCX = _raw.LLM_FORMAT_DOCX
    EPUB = _raw.LLM_FORMAT_EPUB
    PDF = _raw.LLM_FORMAT_PDF
    PAGEINDEX = _raw.LLM_FORMAT_PAGEINDEX


class Isa(enum.IntEnum):
    """Highest instruction-set level to use."""

    BEST = 0
    SCALAR = _raw.LLM_ISA_SCALAR
    AVX2 = _raw.LLM_ISA_AVX2
    AVX512 = _raw.LLM_ISA_AVX512
    AMX = _raw.LLM_ISA_AMX


class KvType(enum.IntEnum):
    """Precision of the KV cache."""

    DEFAULT = 0
    F16 = _raw.LLM_KV_F16
    F32 = _raw.LLM_KV_F32
    BF16 = _raw.LLM_KV_BF16
    Q8_0 = _raw.LLM_KV_Q8_0
    Q4_0 = _raw.LLM_KV_Q4_0


class Pooling(enum.IntEnum):
    """How the hidden states of a text's tokens become one vector."""

    MODEL = _raw.LLM_POOL_MODEL
    MEAN = _raw.LLM_POOL_MEAN
    CLS = _raw.LLM_POOL_CLS
    LAST = _raw.LLM_POOL_LAST
    NONE = _raw.LLM_POOL_NONE


class NodeKind(enum.IntEnum):
    """What a node of a document's tree is."""

    DOCUMENT = _raw.LLM_NODE_DOCUMENT
    SECTION = _raw.LLM_NODE_SECTION
    PARAGRAPH = _raw.LLM_NODE_PARAGRAPH
    SENTENCE = _raw.LLM_NODE_SENTENCE
    GROUP = _raw.LLM_NODE_GROUP


class TraceAction(enum.IntEnum):
    """What became of a node that retrieval considered."""

    KEPT = _raw.LLM_TRACE_KEPT
    LEFT = _raw.LLM_TRACE_LEFT
    FOUND = _raw.LLM_TRACE_FOUND


class Finish(enum.IntEnum):
    """Why an answer ended."""

    NONE = _raw.LLM_FINISH_NONE
    STOP = _raw.LLM_FINISH_STOP
    LENGTH = _raw.LLM_FINISH_LENGTH
    CANCEL = _raw.LLM_FINISH_CANCEL
    BLOCKED = _raw.LLM_FINISH_BLOCKED
    NOT_FOUND = _raw.LLM_FINISH_NOT_FOUND


class Action(enum.IntEnum):
    """What to do with a finding."""

    DEFAULT = 0
    ALLOW = _raw.LLM_ACTION_ALLOW
    REPLACE = _raw.LLM_ACTION_REPLACE
    MASK = _raw.LLM_ACTION_MASK
    REMOVE = _raw.LLM_ACTION_REMOVE
    HASH = _raw.LLM_ACTION_HASH
    PSEUDONYM = _raw.LLM_ACTION_PSEUDONYM
    REVIEW = _raw.LLM_ACTION_REVIEW
    BLOCK = _raw.LLM_ACTION_BLOCK


class Match(enum.IntEnum):
    """How freely what stands for an original may have been rewritten and still be restored."""

    EXACT = _raw.LLM_RESTORE_EXACT
    CASE = _raw.LLM_RESTORE_CASE
    FUZZY = _raw.LLM_RESTORE_FUZZY


class Direction(enum.IntFlag):
    """Where a text stands on its way."""

    INPUT = _raw.LLM_DIR_INPUT
    EVIDENCE = _raw.LLM_DIR_EVIDENCE
    OUTPUT = _raw.LLM_DIR_OUTPUT
    ALL = _raw.LLM_DIR_ALL


class Decision(enum.IntEnum):
    """The guard's decision on a text."""

    ALLOW = _raw.LLM_VERDICT_ALLOW
    REDACT = _raw.LLM_VERDICT_REDACT
    REVIEW = _raw.LLM_VERDICT_REVIEW
    BLOCK = _raw.LLM_VERDICT_BLOCK


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen beyond temperature, top_k, top_p and min_p; 0 leaves a step out or takes its default. The steps
    come in this order: bias, penalties, DRY, top-n-sigma, temperature, then mirostat or the other cuts.

    >>> with sextant.Model("m.gguf", threads=1) as model, sextant.Context(model) as ctx:
    ...     firm = sextant.Sampling(repeat_penalty=1.3)
    ...     with ctx.generate("the captain", max_tokens=8, sampling=firm, temperature=0.8, seed=7) as reply:
    ...         len(reply.read()) > 0
    True
    """

    repeat_penalty: float = 0.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    penalty_last_n: int = 0
    dry_multiplier: float = 0.0
    dry_base: float = 0.0
    dry_allowed_length: int = 0
    dry_last_n: int = 0
    dry_breakers: Tuple[str, ...] = ()
    dynatemp_range: float = 0.0
    dynatemp_exponent: float = 0.0
    top_n_sigma: float = 0.0
    typical_p: float = 0.0
    xtc_probability: float = 0.0
    xtc_threshold: float = 0.0
    mirostat_tau: float = 0.0
    mirostat_eta: float = 0.0
    bias: Mapping[int, float] = field(default_factory=dict)  # token id -> added to its logit; -inf bans it


@dataclass(frozen=True)
class TokenLogprob:
    """A token of an answer in the model's own distribution, and the likeliest tokens there, best first."""

    token: int
    logprob: float
    top: Tuple[Tuple[int, float], ...]


@dataclass(frozen=True)
class Score:
    """How likely a text is: logarithms (natural) of its tokens' probabilities and their sum. ``top``: at each place the
    likeliest tokens as (id, logarithm), where asked for."""

    sum: float
    tokens: Tuple[int, ...]
    logprobs: Tuple[float, ...]
    top: Tuple[Tuple[Tuple[int, float], ...], ...] = ()


@dataclass(frozen=True)
class Doc:
    """A document of a corpus: bytes of canonical text, nodes of its tree, hash of its root, and what is said about it
    ("folder=leases", "label=legal", "year=2024")."""

    name: str
    bytes: int
    nodes: int
    hash: str
    about: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Node:
    """One place in a document's tree; [start, end) are bytes of the canonical text."""

    id: str
    parent: int
    kind: NodeKind
    depth: int
    title: str
    start: int
    end: int
    hash: str


@dataclass(frozen=True)
class Hit:
    """A passage that retrieval found; [start, end) are bytes of the canonical text."""

    doc: str
    node: str
    path: str
    text: str
    start: int
    end: int
    score: float
    #: from 1; 0 in a document without pages
    page: int = 0


@dataclass(frozen=True)
class Step:
    """One line of the scratchpad: what retrieval considered at a level, and why it kept or left it."""

    doc: str
    node: str
    depth: int
    action: TraceAction
    score: float
    reason: str
    #: what the words alone say
    lexical: float
    #: what the judge says, 0 to 1; negative when it was not asked
    judged: float


@dataclass(frozen=True)
class Candidate:
    """A node that a judge is asked about. ``text``: the headings above it, those of its parts, and how it begins."""

    doc: str
    node: str
    text: str
    #: what the words alone say; larger is better
    lexical: float


@dataclass(frozen=True)
class JudgeBatch:
    """What a judge of ``Context.retrieve`` is asked at once, and what is left of its budget (``ms_left`` may be inf)."""

    question: str
    candidates: Tuple[Candidate, ...]
    tokens_left: int
    ms_left: float


@dataclass(frozen=True)
class Citation:
    """A verified citation of an answer: it names a node of the evidence."""

    node: str
    doc: str
    path: str
    text: str
    start: int
    end: int
    support: float
    #: from 1; 0 in a document without pages
    page: int = 0


@dataclass(frozen=True)
class Usage:
    """Tokens and milliseconds of a reply."""

    prompt_tokens: int
    output_tokens: int
    prompt_ms: float
    output_ms: float
    steps: int = 0  # evaluations behind the prompt's; fewer than tokens when drafts came true


@dataclass(frozen=True)
class Finding:
    """Personal data seen in a text; [start, end) are bytes of the original text in UTF-8."""

    type: str
    start: int
    end: int
    score: float
    rule: str
    action: Action
    #: the policy's word for it, "" for none
    label: str = ""


@dataclass(frozen=True)
class Verdict:
    """The guard's decision, the text that may go on (``data`` in bytes), and its findings in order of start.

    >>> with sextant.Context() as ctx:
    ...     verdict = ctx.check("Mail joe@example.org")
    >>> verdict.decision.name, verdict.text, verdict.findings[0].type
    ('REDACT', 'Mail <EMAIL_ADDRESS>', 'EMAIL_ADDRESS')
    """

    decision: Decision
    data: bytes
    findings: Tuple[Finding, ...]

    @property
    def text(self) -> str:
        """``data`` as text; bytes that are not UTF-8 show as U+FFFD."""
        return self.data.decode("utf-8", "replace")

    @property
    def allowed(self) -> bool:
        """Whether the text may go on: everything but BLOCK and REVIEW."""
        return self.decision in (Decision.ALLOW, Decision.REDACT)


def verdict_from(raw: Any) -> Verdict:
    """Copies a verdict out of C."""
    findings = tuple(
        Finding(
            _raw.llm_verdict_type(raw, i), _raw.llm_verdict_start(raw, i), _raw.llm_verdict_end(raw, i),
            _raw.llm_verdict_score(raw, i), _raw.llm_verdict_rule(raw, i),
            Action(_raw.llm_verdict_finding_action(raw, i)), _raw.llm_verdict_label(raw, i),
        )
        for i in range(_raw.llm_verdict_count(raw))
    )
    return Verdict(Decision(_raw.llm_verdict_action(raw)), _raw.sx_verdict_text(raw), findings)
