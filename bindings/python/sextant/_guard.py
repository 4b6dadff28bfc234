"""Guard: a policy for personal data; GuardStream: the same over text that arrives in pieces; Vault: sealed originals."""

from __future__ import annotations

import codecs
import json
import os
from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Mapping, Tuple

from . import capi as _raw
from ._audit import Audit
from ._errors import check
from ._handle import LOG, Cancel, Handle, StrPath, Text, drain_log, life_of, raw_bytes, utf8
from ._types import Action, Decision, Direction, Match, Verdict, verdict_from

if TYPE_CHECKING:
    from ._context import Context
    from ._handle import Buffer


def guard_types() -> List[str]:
    """The finding types this library knows.

    >>> "EMAIL_ADDRESS" in sextant.guard_types()
    True
    """
    types: List[str] = []
    while (name := _raw.llm_guard_type(len(types))) is not None:
        types.append(name)
    return types


def guard_presets() -> Dict[str, str]:
    """The policies that come with the library: name to JSON."""
    presets: Dict[str, str] = {}
    while (name := _raw.llm_guard_preset_name(len(presets))) is not None:
        presets[name] = _raw.llm_guard_preset_policy(len(presets))
    return presets


def _policy(policy: "Text | Mapping[str, Any] | None") -> bytes:
    if policy is None:
        return b""
    return utf8(json.dumps(policy, ensure_ascii=False) if isinstance(policy, Mapping) else policy)


class Vault(Handle):
    """Originals behind pseudonyms, sealed under ``key`` (32 random bytes) or ``passphrase``; without a path in memory.

    >>> with sextant.Vault(key=os.urandom(32)) as vault:
    ...     with sextant.Guard(vault=vault, default_action=sextant.Action.PSEUDONYM) as guard:
    ...         with sextant.Context(guard=guard) as ctx:
    ...             hidden = ctx.check("Ask joe@example.org").text
    ...     hidden, vault.restore(hidden)
    ('Ask <EMAIL_ADDRESS_1>', 'Ask joe@example.org')
    """

    _name = "vault"

    def __init__(self, path: StrPath | None = None, *, key: Buffer | None = None, passphrase: str | None = None,
                 readonly: bool = False) -> None:
        if (key is None) == (passphrase is None):
            raise TypeError("give either key or passphrase")
        flags = _raw.LLM_VAULT_READONLY if readonly else 0
        if passphrase is not None:
            flags |= _raw.LLM_VAULT_PASSPHRASE
        secret = utf8(passphrase) if passphrase is not None else raw_bytes(b"" if key is None else key)
        err = _raw.llm_error()
        raw = _raw.sx_vault_open(b"" if path is None else os.fsencode(path), secret, flags, LOG, err)
        drain_log()
        check(err)
        super().__init__(raw, _raw.llm_vault_free)

    def restore(self, text: Text, match: int = Match.EXACT) -> str:
        """Puts the originals back; placeholders the vault does not know stay. ``match`` says how freely a model may have
        rewritten them."""
        err = _raw.llm_error()
        with self._life as raw:
            data: bytes = _raw.sx_vault_restore(raw, utf8(text), int(match), err)
        check(err)
        return data.decode("utf-8", "replace")

    def erase(self, value: Text, type: str | None = None) -> int:
        """Forgets a value, or what the placeholder given stands for, in one type or in all: how many entries went."""
        err = _raw.llm_error()
        with self._life as raw:
            erased: int = _raw.sx_vault_erase(raw, type or "", utf8(value), err)
        check(err)
        return erased


class Guard(Handle):
    """A policy: what to look for, what to do. It can change until a context uses it, then BusyError.

    ``actions`` maps a type to an Action in all directions; ``words`` are found as type BLOCKED, which asks for REVIEW unless
    ``actions`` says otherwise. ``policy`` is a policy in JSON, or a dict of the same shape (``docs/policies.md``), such as
    ``{"preset": "gdpr"}``; ``files`` the folder of the word files it names. ``like`` shares another guard's compiled rules, so
    that many guards cost little; ``cache`` is a folder in which what was compiled is kept for the next process. Without a vault it pickles as its policy.

    >>> with sextant.Guard(words=["Bluebird"], actions={"BLOCKED": sextant.Action.MASK}) as guard:
    ...     with sextant.Context(guard=guard) as ctx:
    ...         ctx.check("Bluebird: mail joe@example.org").text
    '****bird: mail <EMAIL_ADDRESS>'
    """

    _name = "guard"

    def __init__(self, *, default_action: int = Action.DEFAULT, min_score: float = 0.0, max_hold: int = 0,
                 vault: Vault | None = None, audit: Audit | None = None, actions: Mapping[str, int] | None = None,
                 words: Iterable[str] = (), policy: Text | Mapping[str, Any] | None = None,
                 files: StrPath | None = None, like: "Guard | None" = None, cache: StrPath | None = None) -> None:
        err = _raw.llm_error()
        folder = b"" if files is None else os.fsencode(files)
        kept = b"" if cache is None else os.fsencode(cache)
        with life_of(like) as model:
            raw = _raw.sx_guard_create(default_action, min_score, max_hold, _policy(policy), folder, model, kept, LOG, err)
        drain_log()
        check(err)
        super().__init__(raw, _raw.llm_guard_free)
        self._options: Dict[str, Any] = {"default_action": int(default_action), "min_score": min_score,
                                         "max_hold": max_hold, "policy": policy, "files": files, "cache": cache}
        self._policy: List[Tuple[str, Tuple[Any, ...]]] = []  # what was set, in order
        self._bound = False
        try:
            if vault is not None:
                self.set_vault(vault)
            if audit is not None:
                self.set_audit(audit)
            for type, action in (actions or {}).items():
                self.set_action(type, action)
            for word in words:
                self.add_word(word)
        except BaseException:
            self.close()
            raise

    def set_action(self, type: str, action: int, directions: int = Direction.ALL) -> None:
        """What to do with findings of a type in some directions."""
        err = _raw.llm_error()
        with self._life as raw:
            code = _raw.llm_guard_set_action(raw, type, directions, action, err)
        if code < 0:
            check(err)
        self._policy.append(("set_action", (type, int(action), int(directions))))

    def add_word(self, word: str) -> None:
        """Adds a word of your own."""
        err = _raw.llm_error()
        with self._life as raw:
            code = _raw.llm_guard_add_word(raw, utf8(word), err)
        if code < 0:
            check(err)
        self._policy.append(("add_word", (word,)))

    def reload(self, policy: Text | Mapping[str, Any]) -> None:
        """Puts another policy in the place of this one, in use or not: running checks end under the old one. What
        ``actions`` and ``words`` said goes with it; after an error the old policy stands."""
        err = _raw.llm_error()
        with self._life as raw:
            code = _raw.llm_guard_reload(raw, _policy(policy), err)
        if code < 0:
            check(err)
        self._options["policy"] = policy
        self._policy.clear()

    def set_vault(self, vault: Vault) -> None:
        """Gives the policy a vault for PSEUDONYM and HASH; the guard keeps a reference."""
        err = _raw.llm_error()
        with self._life as raw, vault._life as v:
            code = _raw.llm_guard_set_vault(raw, v, err)
        if code < 0:
            check(err)
        self._bound = True

    def set_audit(self, audit: Audit) -> None:
        """Every verdict under this policy is logged; one that cannot be is an error, and nothing is released."""
        err = _raw.llm_error()
        with self._life as raw, audit._life as a:
            code = _raw.llm_guard_set_audit(raw, a, err)
        if code < 0:
            check(err)
        self._bound = True

    def __reduce__(self) -> Tuple[Any, ...]:
        if self._bound:
            raise TypeError("this guard cannot be pickled: it has a vault or an audit log, whose key stays in its process")
        self._origin = (), {}  # for a closed one the base class refuses
        super().__reduce__()
        return _reopen, (type(self), self._options, self._policy)


def _reopen(kind: type[Guard], options: Dict[str, Any], policy: List[Tuple[str, Tuple[Any, ...]]]) -> Guard:
    """What a pickled guard becomes: one of the same policy."""
    guard = kind(**options)
    for name, args in policy:
        getattr(guard, name)(*args)
    return guard


class GuardStream(Handle):
    """The guard over text that arrives in pieces: the same findings and the same text for any cutting.

    Feed text with ``feed``, or bytes cut anywhere with ``feed_bytes``; what they return may go out at once.

    >>> with sextant.Context() as ctx, ctx.guard_stream() as stream:
    ...     [stream.feed("Mail joe@exam"), stream.feed("ple.org, then wait."), stream.finish()]
    ['Mail ', '<EMAIL_ADDRESS>, then ', 'wait.']
    """

    _name = "guard stream"
    _warns = False

    def __init__(self, context: "Context", raw: Any, cancel: Cancel | None) -> None:
        life = context._life
        super().__init__(raw, lambda r: life.when_idle(lambda: _raw.llm_guard_close(r)))
        self._context = context
        self._cancel = cancel  # must live as long as the stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed_bytes(self, piece: Buffer) -> bytes:
        """Takes a piece and returns the bytes that may go out now."""
        data = raw_bytes(piece)
        err = _raw.llm_error()
        with self._context._life as ctx, self._life as raw:
            _raw.sx_guard_feed(raw, ctx, data, err)
            check(err)
            out: bytes = _raw.sx_guard_text(raw)
            return out

    def finish_bytes(self) -> bytes:
        """Ends the text and returns the bytes still held back."""
        err = _raw.llm_error()
        with self._context._life as ctx, self._life as raw:
            _raw.sx_guard_finish(raw, ctx, err)
            check(err)
            out: bytes = _raw.sx_guard_text(raw)
            return out

    def feed(self, piece: Text) -> str:
        """Takes a piece and returns the text that may go out now."""
        return self._decoder.decode(self.feed_bytes(utf8(piece)))

    def finish(self) -> str:
        """Ends the text and returns what was still held back."""
        return self._decoder.decode(self.finish_bytes(), True)

    @property
    def decision(self) -> Decision:
        """The decision so far."""
        with self._context._life.reading(), self._life as raw:
            return Decision(_raw.llm_verdict_action(_raw.llm_guard_verdict(raw)))

    @property
    def verdict(self) -> Verdict:
        """The verdict so far; its text is that of the last piece."""
        with self._context._life.reading(), self._life as raw:
            return verdict_from(_raw.llm_guard_verdict(raw))
