"""What the daemon says over the control socket: results, refusals, trace entries.

The questions are in ``control_wire``, the page of both is ``control_wire.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from bridge.model.ids import CallId
from bridge.model.intents import Outcome
from bridge.model.trace import Stage, TraceEntry
from bridge.protocols.control_lines import LINE_BYTES, json_line, json_object


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of an intent.

    Args:
        outcome: ``ACCEPTED`` when it is under way and nothing final is known yet.
        detail: one sentence, empty when there is nothing to add.
        call: the call it was about or started.
    """

    outcome: Outcome
    detail: str = ""
    call: CallId | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to a question."""

    id: int
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer."""

    id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Traced:
    """One entry of the trace."""

    id: int
    entry: TraceEntry


Answer = Result | Refusal | Traced


def encode_answer(answer: Answer) -> bytes:
    """Return the line of an answer; one that would be too long becomes a refusal."""
    match answer:
        case Result(number, body):
            line = json_line({"id": number, "result": body})
        case Refusal(number, reason):
            return json_line({"id": number, "refusal": reason})
        case Traced(number, entry):
            line = json_line({"id": number, "trace": _entry_body(entry)})
        case _:
            assert_never(answer)
    if len(line) <= LINE_BYTES:
        return line
    return json_line({"id": number, "refusal": f"the answer has {len(line)} bytes, more than fits"})


def reply_body(reply: Reply) -> dict[str, object]:
    """Return the result of an intent as a JSON object."""
    return {"outcome": reply.outcome.value, "detail": reply.detail, "call": reply.call}


def _entry_body(entry: TraceEntry) -> dict[str, object]:
    return {
        "at_s": round(entry.at_s, 6),
        "stage": entry.stage.value,
        "subject": entry.subject,
        "text": entry.text,
    }


def decode_answer(line: bytes) -> Answer:
    """Return the answer of one line.

    Raises:
        ValueError: the daemon and this command do not speak the same language.
    """
    body = json_object(line)
    number = body.get("id")
    if type(number) is not int:
        raise ValueError("found an answer without an id")
    match body:
        case {"result": dict(result)}:
            return Result(number, result)
        case {"refusal": str(reason)}:
            return Refusal(number, reason)
        case {"trace": dict(entry)}:
            return Traced(number, _entry(entry))
        case _:
            raise ValueError(
                f"found an answer with {', '.join(sorted(body))[:60]}, expected result"
            )


def decode_reply(body: Mapping[str, object]) -> Reply:
    """Return the result of an intent.

    Raises:
        ValueError: an outcome this command does not know.
    """
    call = body.get("call")
    return Reply(
        Outcome(body.get("outcome")),
        str(body.get("detail", "")),
        CallId(call) if isinstance(call, str) else None,
    )


def _entry(body: Mapping[str, object]) -> TraceEntry:
    at_s, subject, text = body.get("at_s"), body.get("subject"), body.get("text")
    if not isinstance(at_s, int | float) or isinstance(at_s, bool):
        raise ValueError("found a trace entry without a time")  # noqa: TRY004
    return TraceEntry(float(at_s), Stage(body.get("stage")), str(subject), str(text))
