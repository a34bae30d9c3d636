"""From what the schema objects to, to problems in the words of the file."""

import difflib
import re
from collections.abc import Mapping

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bridge.config import (
    account_schema,
    forwarding_schema,
    lamp_schema,
    number_schema,
    page_schema,
    pbx_schema,
    phone_schema,
    section,
)
from bridge.config.sources import Tree
from bridge.model.engine_limits import BuildLimits, Feature
from bridge.model.errors import Problem
from bridge.model.forwarding import CALLER_FORM
from bridge.model.redaction import printable, redact
from bridge.model.sound import VOLUME_FORM
from bridge.yamldoc import Path as DocPath
from bridge.yamldoc import Plain

FORMS = {
    lamp_schema.EXTENSION_FORM: "an extension of 1 to 32 of 0-9 A-Z a-z _ . -",
    account_schema.CODE_FORM: "1 to 8 of 0-9 * #",
    lamp_schema.STAR_CODE_FORM: "up to 8 of 0-9 * #",
    section.ID_FORM: "1 to 32 small letters, digits and -",
    section.CREDENTIAL_FORM: "1 to 64 letters, digits, _ . and -",
    section.ROOT_FORM: "1 to 32 letters, digits, _ and -",
    section.PORTS_FORM: "two ports such as 20000-20199",
    section.IDENTITY_FORM: "anonymous, or a number of 1 to 32 of 0-9 * #",
    VOLUME_FORM: "0 to 150 (per cent), or -99 dB to +10 dB",
    forwarding_schema.TARGET_FORM: "a number or SIP address, or voicemail, busy or ring",
    CALLER_FORM: "anonymous, internal, an extension, a number such as "
    "+49891234, or the beginning of numbers such as +4989*",
    pbx_schema.TOPIC_FORM: "1 to 4 levels of 1 to 32 letters, digits, _ and -, with / between",
    pbx_schema.CHANNEL_FORM: "a channel with {} for the extension, such as PJSIP/{}",
    pbx_schema.DEVICE_FORM: "a device with {} for the extension, such as Custom:DND{}",
    pbx_schema.FAMILY_FORM: "up to 32 letters, digits, _ and -",
    page_schema.HOLDER_FORM: "1 to 32 small letters, digits and -",
    phone_schema.PHONE_FORM: "1 to 26 small letters, digits and -",
    number_schema.COUNTRY_FORM: "a country by its ISO 3166 code, such as DE",
    number_schema.AREA_FORM: "an area code, such as 089",
    number_schema.OUTSIDE_FORM: "1 to 4 of 0-9 * #",
    number_schema.SHORT_FORM: "2 to 8 digits",
}

KINDS = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "list_type": "a list",
    "dict_type": "settings, `key: value`",
    "model_type": "settings, `key: value`",
}

# Words people try where the engine as built cannot follow.
WISHES = {
    "ipv6": Feature.IPV6,
    "dtls": Feature.DTLS_SRTP,
    "dtls_srtp": Feature.DTLS_SRTP,
    "opus": Feature.OPUS,
    "ice": Feature.ICE,
    "stun": Feature.STUN,
    "stun_server": Feature.STUN,
    "turn": Feature.ICE,
    "tls_version": Feature.TLS_1_3,
    "tls1.3": Feature.TLS_1_3,
    "tlsv1.3": Feature.TLS_1_3,
    "echo_canceller": Feature.ECHO_CANCELLER,
    "video": Feature.VIDEO,
}

_USERINFO = re.compile(r"[^\s/@]+@")


def shown(value: Plain, path: DocPath, written: str = "") -> str:
    """Return a value as a message may show it: short, printable, without secrets.

    Args:
        value: as loaded.
        path: where it stands; what is under a key that begins with ``password`` or ``token`` is
            secret.
        written: the scalar as written, if known.
    """
    if any(isinstance(step, str) and step.startswith(("password", "token")) for step in path):
        return "a value (not shown)"
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return printable(written or str(value), 40)
        case str():
            # "mqtt://user:password@host" in the place of a host name
            text = printable(_USERINFO.sub("…@", value), 40)
            # Numbers stay: port ranges look like them, and the file is the reader's own.
            return f'"{redact(text) if "***" in redact(text) else text}"'
        case dict():
            return "a mapping"
        case list():
            return "a list"


def at(tree: Tree, path: DocPath) -> Plain:
    """Return the value at a path, None where nothing stands."""
    value: Plain = tree.value
    for step in path:
        match value, step:
            case dict(), str() if step in value:
                value = value[step]
            case list(), int() if step < len(value):
                value = value[step]
            case _:
                return None
    return value


def why_not(word: Plain, limits: BuildLimits) -> str:
    """Return why the engine cannot do what a word asks for; empty for every other word."""
    wish = WISHES.get(word.lower().replace("-", "_")) if isinstance(word, str) else None
    return limits.why_not(wish) if wish is not None else ""


def unknown_key(tree: Tree, path: DocPath, known: list[str], limits: BuildLimits) -> Problem:
    """Return the problem of a key that the schema does not have."""
    key = str(path[-1])
    if reason := why_not(key, limits):
        return tree.problem(path, "a setting that cannot be followed", f"it left out: {reason}")
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if close:
        return tree.problem(path, "an unknown key", f"{close[0]} (did you mean that?)")
    return tree.problem(path, "an unknown key", f"one of {', '.join(known)}")


def from_validation(
    error: ValidationError, model: type[BaseModel], tree: Tree, base: DocPath, limits: BuildLimits
) -> list[Problem]:
    """Return the problems of one section.

    Args:
        error: what the schema says.
        model: the section's model.
        tree: the files.
        base: where the section stands.
        limits: what the engine can do, for wishes it cannot fulfil.
    """
    problems = []
    for detail in error.errors(include_url=False, include_input=False):
        path = (*base, *detail["loc"])
        if detail["type"] == "extra_forbidden":
            keys = known_keys(model, detail["loc"][:-1])
            problems.append(unknown_key(tree, path, keys, limits))
            continue
        value = at(tree, path)
        found = shown(value, path, tree.written(path))
        reason = why_not(value, limits)
        expected = expectation(detail, model) + (f": {reason}" if reason else "")
        problems.append(tree.problem(path, found, expected))
    return problems


def known_keys(model: type[BaseModel], loc: DocPath) -> list[str]:
    """Return the keys that may stand in the section at ``loc`` below ``model``."""
    fields = section_at(model, loc).model_fields
    return [field.alias or name for name, field in fields.items()]


def section_at(model: type[BaseModel], loc: DocPath) -> type[BaseModel]:
    """Return the model of a section below ``model``; positions and free keys are passed over."""
    for step in loc:
        field = model.model_fields.get(str(step))
        inner = _model_in(field.annotation) if field is not None else None
        model = inner or model
    return model


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the section in ``Section``, ``list[Section]`` or ``dict[str, Section]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(part) for part in getattr(annotation, "__args__", ()))
    return next((found for found in inner if found is not None), None)


def expectation(detail: ErrorDetails, model: type[BaseModel]) -> str:
    """Return what may stand there."""
    context: Mapping[str, object] = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            field = section_at(model, detail["loc"][:-1]).model_fields[str(detail["loc"][-1])]
            return f"this key: {field.description}"
        case "literal_error":
            return str(context["expected"]).replace("'", "")
        case "string_pattern_mismatch":
            return FORMS[str(context["pattern"])]
        case "greater_than_equal":
            return f"{context['ge']} or more"
        case "less_than_equal":
            return f"{context['le']} or less"
        case "string_too_long" | "too_long":
            what = "characters" if detail["type"].startswith("string") else "entries"
            return f"at most {context['max_length']} {what}"
        case "string_too_short" | "too_short":
            what = "characters" if detail["type"].startswith("string") else "entries"
            return f"at least {context['min_length']} {what}"
        case kind:
            return KINDS.get(kind) or detail["msg"][:1].lower() + detail["msg"][1:]
