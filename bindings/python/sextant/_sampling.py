"""The further fields of an answer's options, in the raw module's form."""

from __future__ import annotations

import contextlib
import json
from dataclasses import fields
from typing import Any, Iterator, Mapping

from . import capi as _raw
from ._handle import string_list
from ._types import Sampling


def whole_text(text: str, name: str) -> str:
    if "\0" in text:
        raise ValueError(f"{name} may not hold a NUL character")
    return text


@contextlib.contextmanager
def gen_opts(sampling: Sampling | None, logprobs: int, grammar: str,
             schema: str | Mapping[str, Any] | None, draft: int) -> Iterator[Any]:
    raw = _raw.sx_gen_create()
    if raw is None:
        raise MemoryError("no memory for the options")
    try:
        if grammar and not _raw.sx_gen_text(raw, "grammar", whole_text(grammar, "grammar")):
            raise MemoryError("no memory for the options")
        if schema is not None:
            text = schema if isinstance(schema, str) else json.dumps(schema)
            if not _raw.sx_gen_text(raw, "schema", whole_text(text, "schema")):
                raise MemoryError("no memory for the options")
        numbers = {"logprobs": logprobs, "draft": draft}
        if sampling is not None:
            numbers.update((f.name, getattr(sampling, f.name)) for f in fields(sampling)
                           if f.name not in ("dry_breakers", "bias"))
            if sampling.dry_breakers and not _raw.sx_gen_text(
                    raw, "dry_breakers", string_list(sampling.dry_breakers, "dry_breakers")):
                raise MemoryError("no memory for the options")
            for token, bias in sampling.bias.items():
                if not _raw.sx_gen_bias(raw, token, bias):
                    raise MemoryError("no memory for the options")
        for name, value in numbers.items():
            if not _raw.sx_gen_number(raw, name, value):
                raise ValueError(f"{name} is out of range: {value}")
        yield raw
    finally:
        _raw.sx_gen_free(raw)
