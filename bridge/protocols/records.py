"""Frozen dataclasses to plain JSON values and back, exactly as their types say.

Known field types: ``str``, ``int``, ``float``, ``bool``, enums (by value), typed ids, records,
tuples of one of these, and any of them ``| None``. A record round-trips to an equal record.
"""

import dataclasses
import math
import types
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import NewType, TypeVar, Union, get_args, get_origin, get_type_hints

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]

T = TypeVar("T")
_Reader = Callable[[object], object]


class Mismatch(ValueError):  # noqa: N818  # reads as what it is
    """A value is not what the field's type says. Names the field, never shows the value."""


def record_to(record: object) -> dict[str, Plain]:
    """Return the fields of a frozen dataclass as JSON values."""
    names = [f.name for f in dataclasses.fields(record)]  # type: ignore[arg-type]  # by contract
    return {name: _plain(getattr(record, name)) for name in names}


def record_from(cls: type[T], body: Mapping[str, object]) -> T:
    """Return a record of class ``cls``.

    Args:
        cls: a frozen dataclass.
        body: its fields; those with a default may be left out.

    Raises:
        Mismatch: a field is missing, unknown, or of another type.
    """
    readers, required = _fields_of(cls)  # type: ignore[arg-type]  # classes are hashable
    if unknown := body.keys() - readers.keys():
        raise Mismatch(f"{len(unknown)} unknown fields")
    if missing := required - body.keys():
        raise Mismatch(f"no {min(missing)}")
    return cls(**{name: _read(name, readers[name], value) for name, value in body.items()})


def _plain(value: object) -> Plain:
    match value:
        case Enum():
            return _plain(value.value)
        case None | str() | int() | float():
            return value
        case tuple():
            return [_plain(v) for v in value]
        case _:
            return record_to(value)


def _read(name: str, reader: _Reader, value: object) -> object:
    try:
        return reader(value)
    except Mismatch as e:
        raise Mismatch(f"{name}: {e}") from None


@cache
def _fields_of(cls: type) -> tuple[Mapping[str, _Reader], frozenset[str]]:
    """Return a reader for each field, and the fields that have no default."""
    hints = get_type_hints(cls)
    fields = dataclasses.fields(cls)
    required = {
        f.name
        for f in fields
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }
    return {f.name: _reader_of(hints[f.name]) for f in fields}, frozenset(required)


def _reader_of(hint: object) -> _Reader:
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    if get_origin(hint) in (Union, types.UnionType):  # a typed id ``| None`` is the former
        return _optional(hint)
    if get_origin(hint) is tuple:
        return _tuple_of(_reader_of(get_args(hint)[0]))
    if not isinstance(hint, type):
        raise TypeError(f"cannot read {hint!r}")
    if issubclass(hint, Enum):
        return _enum(hint)
    if dataclasses.is_dataclass(hint):
        return _nested(hint)
    return _SCALARS[hint]


def _scalar(expected: str, allowed: tuple[type, ...]) -> _Reader:
    def read(value: object) -> object:
        if type(value) not in allowed:  # exact: True is not 1
            raise Mismatch(f"expected {expected}")
        return value

    return read


def _float(value: object) -> object:
    if type(value) not in (int, float) or not math.isfinite(value):  # type: ignore[arg-type]
        raise Mismatch("expected a number")
    return float(value)  # type: ignore[arg-type]  # checked above


_SCALARS: Mapping[type, _Reader] = {
    str: _scalar("text", (str,)),
    bool: _scalar("true or false", (bool,)),
    int: _scalar("a whole number", (int,)),
    float: _float,
}


def _optional(hint: object) -> _Reader:
    (inner,) = (a for a in get_args(hint) if a is not types.NoneType)
    read_inner = _reader_of(inner)
    return lambda value: None if value is None else read_inner(value)


def _tuple_of(item: _Reader) -> _Reader:
    def read(value: object) -> object:
        if not isinstance(value, list):
            raise Mismatch("expected a list")
        return tuple(item(v) for v in value)

    return read


def _enum(cls: type[Enum]) -> _Reader:
    def read(value: object) -> object:
        try:
            return cls(value)
        except ValueError:
            raise Mismatch("expected one of " + ", ".join(str(m.value) for m in cls)) from None

    return read


def _nested(cls: type) -> _Reader:
    def read(value: object) -> object:
        if not isinstance(value, dict):
            raise Mismatch("expected an object")
        return record_from(cls, value)

    return read
