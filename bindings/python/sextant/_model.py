"""Model: weights and tokenizer of one file."""

from __future__ import annotations

import array
import json
import os
from typing import TYPE_CHECKING, Any, Callable, List, Mapping, Sequence

from . import capi as _raw
from ._errors import check
from ._handle import LOG, Cancel, Handle, StrPath, Text, absolute, drain_log, life_of, long_call, utf8

if TYPE_CHECKING:
    from ._handle import Buffer
from ._types import Isa


#: buffers that models read in place, kept for good
_LENT: List[memoryview] = []


def id_bytes(ids: Sequence[int]) -> bytes:
    return array.array("i", ids).tobytes()


class Model(Handle):
    """A GGUF file (the first, of a split one) or a folder of safetensors, mapped and checked whole. Any number of threads
    and contexts may share it.

    ``threads`` 0 takes the smaller of the affinity mask and the cgroup's quota. Closing drops your reference only:
    contexts made on the model keep theirs. A model of a file pickles as its path.

    >>> with sextant.Model("m.gguf", threads=1) as model:
    ...     model.info("arch"), model.detokenize(model.tokenize("the ship"))
    ('llama', 'the ship')
    """

    _name = "model"

    def __init__(self, path: StrPath, *, threads: int = 0, isa: int = Isa.BEST, cancel: Cancel | None = None) -> None:
        name = os.fsencode(path)
        self._load(lambda stop, err: _raw.sx_model_load(name, threads, isa, stop, LOG, err), cancel)
        self._origin = (absolute(path),), {"threads": threads, "isa": int(isa)}

    def _load(self, load: Callable[[Any, Any], Any], cancel: Cancel | None) -> None:
        err = _raw.llm_error()
        token = cancel or Cancel()
        with life_of(token) as stop:
            raw = long_call(token, lambda: load(stop, err), _raw.llm_model_free)
        drain_log()
        check(err)
        super().__init__(raw, _raw.llm_model_free)

    @classmethod
    def from_bytes(
        cls, data: Buffer, *, threads: int = 0, isa: int = Isa.BEST, cancel: Cancel | None = None
    ) -> Model:
        """A model from the bytes of a GGUF file (bytes, mmap, any buffer), which are not copied, must not change, and are
        kept for good: contexts on the model may outlive this object."""
        model, view = cls.__new__(cls), memoryview(data)
        model._load(lambda stop, err: _raw.sx_model_load_memory(view, threads, isa, stop, LOG, err), cancel)
        _LENT.append(view)
        return model

    @classmethod
    def from_fd(
        cls,
        fd: int,
        offset: int = 0,
        length: int = 0,
        *,
        threads: int = 0,
        isa: int = Isa.BEST,
        cancel: Cancel | None = None,
    ) -> Model:
        """A model that lies at an offset of an open file; ``length`` 0 stands for all that follows. The descriptor may
        be closed afterwards."""
        model = cls.__new__(cls)
        model._load(lambda stop, err: _raw.sx_model_load_fd(fd, offset, length, threads, isa, stop, LOG, err), cancel)
        return model

    def info(self, key: str) -> str | None:
        """A fact by key: "arch", "name", "type", "isa", "threads", "license", or a metadata key of the file."""
        with self._life as raw:
            found: str | None = _raw.llm_model_info(raw, key)
            return found

    @property
    def n_vocab(self) -> int:
        """Entries of the vocabulary."""
        with self._life as raw:
            return int(_raw.llm_model_n_vocab(raw))

    @property
    def n_ctx(self) -> int:
        """Tokens of context the model was trained for."""
        with self._life as raw:
            return int(_raw.llm_model_n_ctx(raw))

    @property
    def n_embd(self) -> int:
        """Floats of a vector that ``Context.embed`` makes."""
        with self._life as raw:
            return int(_raw.llm_model_n_embd(raw))

    def token(self, name: str) -> int | None:
        """The id of a special token ("bos", "eos", "unk", "pad", "eot"), or None."""
        with self._life as raw:
            found = int(_raw.llm_model_token(raw, name))
            return None if found < 0 else found

    def tokenize(self, text: Text, *, special: bool = False, parse: bool = False) -> List[int]:
        """Token ids of a text. ``special`` adds what the model wants around it (BOS, EOS); ``parse`` takes special
        tokens written in the text, which untrusted text should not."""
        flags = (_raw.LLM_TOK_SPECIAL if special else 0) | (_raw.LLM_TOK_PARSE if parse else 0)
        err = _raw.llm_error()
        with self._life as raw:
            data = _raw.sx_tokenize(raw, utf8(text), flags, err)
        check(err)
        ids = array.array("i")
        ids.frombytes(data)
        return ids.tolist()

    def detokenize_bytes(self, ids: Sequence[int], *, parse: bool = False) -> bytes:
        """The bytes of token ids, which may end inside a code point. ``parse`` renders special tokens too."""
        err = _raw.llm_error()
        with self._life as raw:
            data: bytes = _raw.sx_detokenize(raw, id_bytes(ids), _raw.LLM_TOK_PARSE if parse else 0, err)
        check(err)
        return data

    def detokenize(self, ids: Sequence[int], *, parse: bool = False) -> str:
        """The text of token ids; half a code point shows as U+FFFD."""
        return self.detokenize_bytes(ids, parse=parse).decode("utf-8", "replace")

    def chat(self, messages: Sequence[Mapping[str, Any]], *, source: Text = "", add_generation_prompt: bool = True,
             **variables: Any) -> str:
        """Renders messages with the model's own chat template, or with ``source``; ``variables`` go to the template too.
        Give the prompt to ``generate`` with ``parse_special=True, no_bos=True``."""
        fields = {"messages": list(messages), "add_generation_prompt": add_generation_prompt, **variables}
        err = _raw.llm_error()
        with self._life as raw:
            data = _raw.sx_chat_template(raw, utf8(source), json.dumps(fields), err)
        check(err)
        text: bytes = data
        return text.decode("utf-8", "replace")

    def parse_chat(self, answer: Text, *, prompt: Text = "", source: Text = "", partial: bool = False) -> "dict[str, Any]":
        """Reads an answer to a ``chat`` prompt: ``content``, and where there are any ``reasoning`` and ``tool_calls``, as
        OpenAI's interface has them; ``malformed`` when a call could not be read and stays in the content. The answer is
        made with ``show_special=True``; ``partial`` says that it goes on.

        >>> with sextant.Model("m.gguf", threads=1) as model:
        ...     model.parse_chat("It sails.</think>Yes.", prompt="<think>")
        {'content': 'Yes.', 'reasoning': 'It sails.'}
        """
        err = _raw.llm_error()
        flags = _raw.LLM_CHAT_PARTIAL if partial else 0
        with self._life as raw:
            data = _raw.sx_chat_parse(raw, utf8(source), utf8(prompt), utf8(answer), flags, err)
        check(err)
        made: dict[str, Any] = json.loads(data)
        return made


class Adapter(Handle):
    """A low-rank adapter (LoRA) for a model, from a GGUF file or a folder that peft saved. ``Context.set_adapter`` lets a
    context carry it. May be shared.

    >>> with sextant.Model("m.gguf", threads=1) as model:
    ...     sextant.Adapter(model, "m.gguf")  # a model is no adapter
    Traceback (most recent call last):
        ...
    sextant._errors.FormatError: ...
    """

    _name = "adapter"

    def __init__(self, model: Model, path: StrPath) -> None:
        err = _raw.llm_error()
        with life_of(model) as raw:
            made = _raw.sx_adapter_load(raw, os.fsencode(path), err)
        check(err)
        super().__init__(made, _raw.llm_adapter_free)
        self._origin = (model, absolute(path)), {}


def dequantize(type: str, data: Buffer, count: int) -> "array.array[float]":
    """Decodes quantised blocks of a GGUF type name ("q4_0") to ``count`` floats.

    >>> one = b"\\x00\\x3c"  # a block of q8_0: its scale as a 16-bit float, then 32 bytes
    >>> sextant.dequantize("q8_0", one + bytes(range(32)), 32)[:4]
    array('f', [0.0, 1.0, 2.0, 3.0])
    """
    err = _raw.llm_error()
    floats = array.array("f")
    decoded = _raw.sx_dequantize(type, data, count, err)
    check(err)
    floats.frombytes(decoded)
    return floats


def quantize(source: StrPath, target: StrPath, recipe: str, *, imatrix: StrPath | None = None, threads: int = 0,
             cancel: Cancel | None = None) -> None:
    """Writes the model file ``source`` as ``target`` in a smaller type ("q8_0", "q4_k_m", ...), whole or not at all; by an
    importance matrix (``Context.imatrix``) where one is given.

    >>> sextant.quantize("m.gguf", "small.gguf", "q8_0")
    >>> os.path.getsize("small.gguf") < os.path.getsize("m.gguf")
    True
    """
    err = _raw.llm_error()
    token = cancel or Cancel()
    src, dst = os.fsencode(source), os.fsencode(target)
    with life_of(token) as stop:
        if imatrix is None:
            long_call(token, lambda: int(_raw.llm_quantize(src, dst, recipe, threads, stop, err)))
        else:
            by = os.fsencode(imatrix)
            long_call(token, lambda: int(_raw.llm_quantize_weighted(src, dst, recipe, by, threads, stop, err)))
    drain_log()
    check(err)
