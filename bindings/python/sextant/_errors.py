"""Exceptions: one class per status, each also a kin of the built-in that a Python programmer would catch."""

from __future__ import annotations

from typing import Any, Dict, Type

from . import capi as _raw


class SextantError(Exception):
    """A call failed. ``code`` is the status (LLM_E_*), ``message`` the library's sentence: what, where, how to mend it."""

    code: int = 0

    def __init__(self, message: str, code: int | None = None) -> None:
        Exception.__init__(self, message)
        self.message = message
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return self.message


class InvalidArgumentError(SextantError, ValueError):
    """An argument is wrong."""

    code = _raw.LLM_E_INVALID


class OutOfMemoryError(SextantError, MemoryError):
    """The allocator had no memory left."""

    code = _raw.LLM_E_MEMORY


class InputOutputError(SextantError, OSError):
    """The operating system refused a read or a write."""

    code = _raw.LLM_E_IO


class FormatError(SextantError, ValueError):
    """A file is truncated, malformed or hostile."""

    code = _raw.LLM_E_FORMAT


class NotFoundError(SextantError, FileNotFoundError):
    """No such file, document, node or key."""

    code = _raw.LLM_E_NOT_FOUND


class UnsupportedError(SextantError):
    """Well-formed, but this build cannot do it; the message names what."""

    code = _raw.LLM_E_UNSUPPORTED


class VersionError(SextantError):
    """Caller and library disagree about a struct, an API level or a file's version."""

    code = _raw.LLM_E_VERSION


class BusyError(SextantError):
    """The context is in use by another call, or the handle can no longer change."""

    code = _raw.LLM_E_BUSY


class ForkError(SextantError):
    """The handle was made before ``os.fork()``; make a new one in the child."""

    code = _raw.LLM_E_FORK


class CancelledError(SextantError):
    """The call's cancel token was set."""

    code = _raw.LLM_E_CANCELLED


class LimitError(SextantError):
    """A limit was met: context window, document size, nesting."""

    code = _raw.LLM_E_LIMIT


class Utf8Error(SextantError, ValueError):
    """Text is not UTF-8; the message gives the offset."""

    code = _raw.LLM_E_UTF8


class CorruptError(SextantError):
    """A corpus or vault file is damaged."""

    code = _raw.LLM_E_CORRUPT


class DiskFullError(SextantError, OSError):
    """The disk is full; the previous state stands."""

    code = _raw.LLM_E_FULL


class KeyMismatchError(SextantError):
    """A vault does not open with this key."""

    code = _raw.LLM_E_KEY


class ReadOnlyError(SextantError, PermissionError):
    """The corpus or vault was opened read-only."""

    code = _raw.LLM_E_READONLY


class InternalError(SextantError):
    """A broken invariant inside the library; the handle is of no more use."""

    code = _raw.LLM_E_INTERNAL


class ClosedError(SextantError, ValueError):
    """The object was closed before the call."""

    code = _raw.LLM_E_INVALID


_BY_CODE: Dict[int, Type[SextantError]] = {
    cls.code: cls
    for cls in (
        InvalidArgumentError, OutOfMemoryError, InputOutputError, FormatError, NotFoundError, UnsupportedError,
        VersionError, BusyError, ForkError, CancelledError, LimitError, Utf8Error, CorruptError, DiskFullError,
        KeyMismatchError, ReadOnlyError, InternalError,
    )
}


def check(err: Any) -> None:
    """Raises what a filled error tells, if it tells a failure."""
    code = err.code
    if code < 0:
        message = err.message.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        raise _BY_CODE.get(code, SextantError)(message or _raw.llm_status_name(code), code)
