"""Write ``REFERENCE.md`` and ``config.schema.json`` from the schema, or check that they are new.

``python -m bridge.config.reference`` writes, ``--check`` fails when a file is stale.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bridge.config import (
    audio_schema,
    forwarding_schema,
    lamp_schema,
    page_schema,
    pbx_schema,
    phone_schema,
    schema,
)
from bridge.config.account_schema import Account
from bridge.config.number_schema import BarList
from bridge.config.problems import FORMS

HERE = Path(__file__).parent
PAGE = HERE / "REFERENCE.md"
SCHEMA = HERE / "config.schema.json"
COMMAND = "python -m bridge.config.reference"

BELOW = "See below."

INTRODUCTION = f"""\
<!-- written by `{COMMAND}` from bridge/config/schema.py; do not edit -->

# The configuration file

For whoever sets Offhook up. It answers: which keys are there, and what do they mean?

Offhook reads `~/.config/offhook/config.yaml`, or else `/etc/offhook/config.yaml`, or the file
given with `--config`. Without any file everything has its default; only calls are missing then,
because there is no account. Every key is optional except where the table says *required*.

A line at a PBX takes four lines:

```yaml
account:
  server: pbx.example.org
  user: "201"
  password_file: ~/.config/offhook/password
```

- The file is YAML 1.2: `off`, `no` and `1:30` are words; an unquoted number where a text is
  wanted is taken as written.
- **Drop-ins.** `config.d/*.yaml` beside the file (for `NAME.yaml`: `NAME.d/`) are merged in the
  order of their names: mappings key by key, entries of `accounts` by their `id`, everything else
  replaces what was there.
- **Passwords** are given by one of four keys: `password`, `password_file`, `password_env`,
  `password_credential`. A file that holds one must not be readable by everybody (`chmod 600`).
- **Paths** may begin with `~`; relative ones are beside the file they stand in.
- `offhook config check` says everything that is wrong at once, with file and line, and what would
  be used. The same check runs at every start; a daemon does not start on a configuration with
  problems.
- `config.schema.json` beside this page gives editors completion, for instance with
  `# yaml-language-server: $schema=…/config.schema.json` in line 1.
"""


# -- words for types ----------------------------------------------------------


def type_words(annotation: object, metadata: tuple[object, ...]) -> str:
    """Return a type as people read it, ranges included."""
    parts = [part for part in get_args(annotation) if part is not type(None)]
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{value}`" for value in parts)
    if get_origin(annotation) is list:
        return f"list of {type_words(parts[0], ())}"
    if get_origin(annotation) is dict:
        is_text = parts[1] is str or get_args(parts[1])[:1] == (str,)  # plain, or Annotated
        return "actions by key" if is_text else "settings by device id"
    if type(None) in get_args(annotation):
        return type_words(parts[0], metadata)
    if hasattr(annotation, "__metadata__"):  # Annotated
        return type_words(parts[0], (*annotation.__metadata__, *metadata))
    return _plain_words(annotation, metadata)


def _plain_words(annotation: object, metadata: tuple[object, ...]) -> str:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "settings"
    if annotation is bool:
        return "`true`, `false`"
    pattern = _constraint("pattern", metadata)
    if isinstance(pattern, str):
        return FORMS[pattern]
    if annotation is int:
        low, high = _constraint("ge", metadata), _constraint("le", metadata)
        return f"{low} to {high}" if low is not None else "whole number"
    return "text"


def _constraint(name: str, metadata: tuple[object, ...]) -> object:
    """Return a constraint out of pydantic's metadata, also where ``Field`` wraps it."""
    for item in metadata:
        inner = item.metadata if isinstance(item, FieldInfo) else [item]
        for part in inner:
            if (value := getattr(part, name, None)) is not None:
                return value
    return None


def default_words(field: FieldInfo) -> str:
    """Return a default as it would be written in the file."""
    if field.is_required():
        return "*required*"
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined or isinstance(value, BaseModel):
        return ""
    return f"`{json.dumps(value) if not isinstance(value, str) else value}`"


# -- the page -----------------------------------------------------------------


def page() -> str:
    """Return ``REFERENCE.md``."""
    parts = [INTRODUCTION, "\n## Top level\n", *_table(schema.ConfigFile)]
    for title, model in _sections():
        summary = (model.__doc__ or "").split("\n")[0]
        parts += [f"\n## {title}\n\n{summary}\n", *_table(model)]
    return "\n".join(parts) + "\n"


def _sections() -> Iterator[tuple[str, type[BaseModel]]]:
    yield "account, accounts[]", Account
    yield "audio", _model("audio")
    yield "audio.ringtones", audio_schema.Ringtones
    yield "audio.volume", audio_schema.Volume
    yield "barring", _model("barring")
    yield "barring.outgoing, barring.incoming, barring.forwarded", BarList
    for name in ("bridge", "calls", "contacts"):
        yield name, _model(name)
    yield "contacts.ldap", schema.Ldap
    yield "control", schema.Control
    yield "desktop", _model("desktop")
    yield "forwarding", _model("forwarding")
    yield "forwarding.profiles[]", forwarding_schema.ForwardingProfile
    yield "forwarding.profiles[].rules[]", forwarding_schema.Rule
    yield "gateway", _model("gateway")
    yield "gateway.asterisk", pbx_schema.Asterisk
    yield "gateway.asterisk.ari", pbx_schema.Ari
    yield "favourites[]", lamp_schema.FavouriteEntry
    yield "headset", schema.Headset
    yield "headset.devices", schema.Device
    for name in ("history", "home_assistant", "http", "keys", "lamps"):
        yield name, _model(name)
    yield "lamps.codes", lamp_schema.LampCodes
    for name in ("limits", "log", "meetings", "mqtt"):
        yield name, _model(name)
    yield "numbers, numbers of an account", _model("numbers")
    yield "page", _model("page")
    yield "page.tls", page_schema.PageTls
    yield "page.pin", page_schema.PagePin
    yield "page.tokens[]", page_schema.PageTokenEntry
    yield "page.kiosk", page_schema.Kiosk
    for name in ("panels", "pbx"):
        yield name, _model(name)
    yield "phones[]", phone_schema.Phone
    for name in ("presence", "privacy", "recording", "remote", "sip"):
        yield name, _model(name)
    yield "sip.tls", schema.SipTls


def _model(name: str) -> type[BaseModel]:
    annotation = schema.ConfigFile.model_fields[name].annotation
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        raise TypeError(f"{name} is no section")
    return annotation


def _table(model: type[BaseModel]) -> Iterator[str]:
    yield "| key | value | default | meaning |\n|---|---|---|---|"
    plain_first = sorted(model.model_fields.items(), key=lambda item: _meaning(item[1]) == BELOW)
    for name, field in plain_first:
        words = type_words(field.annotation, tuple(field.metadata))
        yield (
            f"| `{field.alias or name}` | {words} | {default_words(field)} | {_meaning(field)} |"
        )


def _meaning(field: FieldInfo) -> str:
    text = field.description or BELOW
    return re.sub(r"\s+", " ", text)


# -- the schema for editors ---------------------------------------------------


def json_schema() -> str:
    """Return ``config.schema.json``: JSON Schema 2020-12; ``off`` stands for two sections."""
    body = schema.ConfigFile.model_json_schema(by_alias=True)
    body["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    body["title"] = "Offhook configuration"
    for name in ("desktop", "mqtt"):
        body["properties"][name] = {"anyOf": [body["properties"][name], {"const": "off"}]}
    return json.dumps(body, indent=1, sort_keys=True) + "\n"


# -- writing and checking -----------------------------------------------------


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` say which are stale."""
    stale = [
        file
        for file, text in ((PAGE, page()), (SCHEMA, json_schema()))
        if not file.exists() or file.read_text(encoding="utf-8") != text
    ]
    if arguments == ["--check"]:
        for file in stale:
            print(f"{file} is stale: run {COMMAND}", file=sys.stderr)  # noqa: T201
        return 1 if stale else 0
    PAGE.write_text(page(), encoding="utf-8")
    SCHEMA.write_text(json_schema(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
