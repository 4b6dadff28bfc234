"""Lives of handles, cancel tokens, calls that Ctrl-C can stop, and the library's log."""

from __future__ import annotations

import _thread
import logging
import os
import signal
import threading
import warnings
import weakref
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, List, Mapping, Sequence, Tuple, Type, TypeVar, Union

from . import capi as _raw
from ._errors import BusyError, ClosedError, check

T = TypeVar("T")
H = TypeVar("H", bound="Handle")
if TYPE_CHECKING:
    from typing_extensions import Buffer as Buffer

    #: text, or its bytes in anything with a buffer: bytes, bytearray, memoryview, mmap, an array
    Text = Union[str, Buffer]
else:
    Buffer = Text = Union[str, bytes, bytearray, memoryview]
StrPath = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]

logger = logging.getLogger("sextant")
logger.addHandler(logging.NullHandler())
_LEVELS = {_raw.LLM_LOG_WARN: logging.WARNING, _raw.LLM_LOG_INFO: logging.INFO, _raw.LLM_LOG_DEBUG: logging.DEBUG}
# The library writes its lines here and Python fetches them after each call: no callback ever enters the interpreter.
LOG = _raw.sx_log_create()
_log_lock = threading.Lock()


def drain_log() -> None:
    """Passes the lines the library has logged so far to ``logging.getLogger("sextant")``."""
    lines: List[Tuple[int, str]] = []
    with _log_lock:
        level = _raw.sx_log_next(LOG)
        while level:
            lines.append((level, _raw.sx_log_line(LOG).decode("utf-8", "replace")))
            level = _raw.sx_log_next(LOG)
    for level, line in lines:
        logger.log(_LEVELS.get(level, logging.DEBUG), "%s", line)


class Life:
    """A raw handle that is freed once, and never while a call is inside it. ``with life as raw:`` is such a call.

    An exclusive life, that of a context, admits one thread at a time: what a context hands out changes under its calls, so
    reading a reply in one thread while another pulls it must be an answer, not a crash.
    """

    __slots__ = ("raw", "name", "_free", "_lock", "_users", "_owner", "_exclusive", "_pending", "closed")

    def __init__(self, raw: Any, free: Callable[[Any], None], name: str, exclusive: bool = False) -> None:
        self.raw = raw
        self.name = name
        self._free = free
        self._lock = threading.RLock()  # a signal handler may come in while this thread holds it
        self._users = 0
        self._owner = 0
        self._exclusive = exclusive
        self._pending: List[Callable[[], None]] = []
        self.closed = False

    def _begin(self) -> None:
        if self._exclusive:
            me = threading.get_ident()
            if self._users and self._owner != me:
                raise BusyError(f"this {self.name} is in use by another thread; make one per thread")
            self._owner = me
        self._users += 1

    def __enter__(self) -> Any:
        with self._lock:
            if self.closed:
                raise ClosedError(f"this {self.name} is closed")
            self._begin()
            return self.raw

    def __exit__(self, *exc: object) -> None:
        with self._lock:
            self._users -= 1
            idle = self._users == 0
            last = self.closed and idle
            if idle:
                while self._pending:
                    self._pending.pop()()
        if last:
            self._release()

    def reading(self) -> "_Reading":
        """``with life.reading():`` keeps calls out while what the handle handed out is read; also after its end."""
        return _Reading(self)

    def when_idle(self, fn: Callable[[], None]) -> None:
        """Calls fn now, or when the last call has left; no call can begin meanwhile."""
        with self._lock:
            if self._users:
                self._pending.append(fn)
            else:
                fn()

    def close(self) -> None:
        with self._lock:
            if self.closed:
                return
            self.closed = True
            last = self._users == 0
        if last:
            self._release()

    def _release(self) -> None:
        raw, self.raw = self.raw, None
        self._free(raw)


class _Reading:
    __slots__ = ("_life", "_was_closed")

    def __init__(self, life: Life) -> None:
        self._life = life
        self._was_closed = False

    def __enter__(self) -> None:
        with self._life._lock:
            self._was_closed = self._life.closed
            if not self._was_closed or self._life._users:
                self._was_closed = False
                self._life._begin()

    def __exit__(self, *exc: object) -> None:
        if not self._was_closed:
            self._life.__exit__()


class _Nothing:
    """Stands for an absent handle: None in C."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc: object) -> None:
        return None


NOTHING = _Nothing()


def life_of(handle: "Handle | None") -> "Life | _Nothing":
    return NOTHING if handle is None else handle._life


def _abandoned(life: Life, warn: bool) -> None:
    if warn and not life.closed:
        warnings.warn(f"a sextant {life.name} was never closed", ResourceWarning, stacklevel=2)
    life.close()


def reopen(kind: Type[H], args: Tuple[Any, ...], options: Mapping[str, Any]) -> H:
    """What a pickled handle becomes: one opened anew in the same way."""
    return kind(*args, **options)


class Handle:
    """What all handles share: ``close()`` (twice is fine), ``with``, and being freed when forgotten.

    A handle still open when the interpreter ends is left to the operating system, which is legal. A model, an adapter or a
    corpus of a file pickles as its path, and a guard without a vault as its policy: the other process opens its own.
    """

    _name = "handle"
    _warns = True
    _exclusive = False
    _origin: Tuple[Tuple[Any, ...], Mapping[str, Any]] | None = None  # how to open it anew, where that is all it is

    def __init__(self, raw: Any, free: Callable[[Any], None]) -> None:
        self._life = Life(raw, free, self._name, self._exclusive)
        self._net = weakref.finalize(self, _abandoned, self._life, self._warns)
        self._net.atexit = False

    def close(self) -> None:
        """Frees the handle; a call that is inside it in another thread ends first. Closing twice is fine."""
        self._life.close()
        self._net.detach()

    @property
    def closed(self) -> bool:
        """Whether ``close()`` was called."""
        return self._life.closed

    def __enter__(self: H) -> H:
        if self._life.closed:
            raise ClosedError(f"this {self._name} is closed")
        return self

    def __exit__(self, kind: Type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def __reduce__(self) -> Tuple[Any, ...]:
        if self._life.closed:
            raise ClosedError(f"this {self._name} is closed")
        if self._origin is None:
            raise TypeError(f"this {self._name} cannot be pickled: it is more than a path; open another in the other process")
        return reopen, (type(self), *self._origin)

    def __repr__(self) -> str:
        return f"<sextant.{type(self).__name__} {'closed' if self._life.closed else 'open'}>"


class Cancel(Handle):
    """A flag that stops the calls it was passed to, from any thread or signal handler; they raise CancelledError.

    >>> stop = sextant.Cancel()
    >>> stop.set()
    >>> with sextant.Context() as ctx:
    ...     ctx.check("Mail joe@example.org", cancel=stop)
    Traceback (most recent call last):
        ...
    sextant._errors.CancelledError: the check was cancelled
    """

    _name = "cancel token"
    _warns = False

    def __init__(self) -> None:
        err = _raw.llm_error()
        raw = _raw.sx_cancel_create(err)
        check(err)
        super().__init__(raw, _raw.llm_cancel_free)

    def set(self) -> None:
        """Sets the flag: calls that hold it end within about 100 ms."""
        with self._life as raw:
            _raw.llm_cancel_set(raw)

    def reset(self) -> None:
        """Clears the flag for another use; no call may hold it meanwhile."""
        with self._life as raw:
            _raw.llm_cancel_reset(raw)

    @property
    def is_set(self) -> bool:
        """Whether the flag is set."""
        with self._life as raw:
            return bool(_raw.llm_cancel_is_set(raw))


def _ctrl_c_is_ours() -> bool:
    return (threading.current_thread() is threading.main_thread()
            and callable(signal.getsignal(signal.SIGINT)))


def long_call(cancel: Cancel, fn: Callable[[], T], discard: Callable[[T], None] | None = None) -> T:
    """Runs a blocking call so that Ctrl-C ends it: a signal handler of Python only runs between bytecodes of the main
    thread, so there the call goes to a helper thread while the main thread waits, and an exception out of the wait
    sets ``cancel``. ``discard`` frees the result nobody will get."""
    if not _ctrl_c_is_ours():
        return fn()
    done = _thread.allocate_lock()
    done.acquire()
    result: List[T] = []
    failure: List[BaseException] = []

    def run() -> None:
        try:
            result.append(fn())
        except BaseException as exc:  # handed to the main thread
            failure.append(exc)
        finally:
            done.release()

    try:
        _thread.start_new_thread(run, ())
    except RuntimeError:  # no thread to be had: at exit, or at a limit of the system
        return fn()
    interrupt: BaseException | None = None
    while True:
        try:
            done.acquire()
            break
        except BaseException as exc:
            interrupt = exc
            cancel.set()
    if interrupt is not None:
        if result and discard:
            discard(result[0])
        raise interrupt
    if failure:
        raise failure[0]
    return result[0]


def raw_bytes(data: Buffer) -> bytes:
    """The bytes of anything with a buffer: a copy, unless it is bytes already, so that nobody changes it under a call."""
    if isinstance(data, bytes):
        return data
    try:
        view = memoryview(data)
    except TypeError:
        raise TypeError(f"expected bytes or another buffer, not {type(data).__name__}") from None
    with view:
        return view.tobytes()


def utf8(text: Text) -> bytes:
    """The bytes of a text; a str with half a surrogate pair raises UnicodeEncodeError."""
    if isinstance(text, str):
        return text.encode("utf-8")
    try:
        return raw_bytes(text)
    except TypeError:
        raise TypeError(f"expected str or bytes, not {type(text).__name__}") from None


def absolute(path: StrPath) -> str:
    """A path that another process understands too."""
    return os.path.abspath(os.fsdecode(path))


def string_list(items: Sequence[str], what: str) -> bytes:
    """Strings, each ended by NUL."""
    if isinstance(items, (str, bytes)):
        raise TypeError(f"{what} must be a sequence of strings, not one string")
    encoded = [utf8(item) for item in items]
    if any(not item or b"\0" in item for item in encoded):
        raise ValueError(f"{what} may hold neither an empty string nor one with a NUL character")
    return b"".join(item + b"\0" for item in encoded)
