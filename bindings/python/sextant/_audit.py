"""Audit: a log of the guard's verdicts, chained and signed; verify_audit: the proof that one is unbroken."""

from __future__ import annotations

import dataclasses
import json
import os
from typing import Any, Dict, List

from . import capi as _raw
from ._errors import CorruptError, check
from ._handle import LOG, Handle, StrPath, drain_log


class Audit(Handle):
    """An audit log to append to, under a key of 32 random bytes; give it to a Guard with ``audit``.

    ``durable``: each record is on the disk before its call returns, else each signature is, which comes every
    ``head_every`` records (0: 64) and at the end.
    """

    _name = "audit log"

    def __init__(self, path: StrPath, *, key: bytes, durable: bool = False, head_every: int = 0) -> None:
        err = _raw.llm_error()
        flags = _raw.LLM_AUDIT_DURABLE if durable else 0
        raw = _raw.sx_audit_open(os.fsencode(path), bytes(key), flags, head_every, LOG, err)
        drain_log()
        check(err)
        super().__init__(raw, _raw.llm_audit_free)

    def head(self) -> str:
        """Signs what is not signed yet; the log's head, to be published where the log's keeper cannot change it."""
        err = _raw.llm_error()
        with self._life as raw:
            data: bytes = _raw.sx_audit_head(raw, err)
        check(err)
        return data.decode("ascii")


@dataclasses.dataclass(frozen=True)
class AuditReport:
    """What a log holds, and what of it is broken, or None."""

    problem: str | None
    records: List[Dict[str, Any]]
    summary: Dict[str, Any]


def verify_audit(path: StrPath, head: str | None = None) -> AuditReport:
    """Reads and proves an audit log, with no key; ``head``: one that was published, which it must still hold."""
    err = _raw.llm_error()
    data: bytes = _raw.sx_audit_verify(os.fsencode(path), head or "", err)
    problem: str | None = None
    try:
        check(err)
    except CorruptError as broken:
        problem = str(broken)
    records = [json.loads(line) for line in data.decode("utf-8").splitlines()]
    summary = records.pop() if records and records[-1]["kind"] == "summary" else {}
    return AuditReport(problem, records, summary)
