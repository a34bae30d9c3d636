"""Everything that is read stands in both catalogues, and nothing else does."""

import json
import re
from enum import Enum
from pathlib import Path

import pytest

import bridge
from bridge.model.blf import KeyState
from bridge.model.calls import Phase
from bridge.model.contacts import NumberKind
from bridge.model.history import CallKind
from bridge.model.intents import Outcome

PAGE = Path(bridge.__file__).parent / "page"
WORDS = {
    name: json.loads((PAGE / "catalogue" / f"{name}.json").read_text()) for name in ("de", "en")
}
CODE = {str(file.relative_to(PAGE)): file.read_text() for file in sorted(PAGE.rglob("*.js"))}
ALL_CODE = "\n".join(CODE.values())
A_KEY = re.compile(r'"([a-z_]+(?:\.[a-z_*#0-9-]+)+)"')
A_PREFIX = re.compile(r"`([a-z_]+\.(?:[a-z_]+\.)?)\$\{")

# Words of the daemon that are part of a key: every one of them has a sentence.
SAID_BY_DAEMON: dict[str, tuple[type[Enum], set[Enum]]] = {
    "lamp.": (KeyState, set()),
    "phase.": (Phase, {Phase.ENDED}),
    "history.kind.": (CallKind, set()),
    "contacts.kind.": (NumberKind, set()),
    "outcome.": (Outcome, {Outcome.ACCEPTED, Outcome.DONE}),
}


def keys(language: str) -> set[str]:
    """The keys as the code names them: two forms of one sentence are one key."""
    words = WORDS[language]
    counted = {key.removesuffix(".one") for key in words if key.endswith(".one")}
    counted = {key for key in counted if f"{key}.other" in words}
    return {key for key in words if key.rpartition(".")[0] not in counted} | counted


def test_both_languages_have_the_same_sentences() -> None:
    assert sorted(WORDS["de"]) == sorted(WORDS["en"])


def test_both_languages_fill_in_the_same_words() -> None:
    blanks = {
        name: {key: sorted(set(re.findall(r"\{\w+\}", text))) for key, text in words.items()}
        for name, words in WORDS.items()
    }
    assert blanks["de"] == blanks["en"]


def test_no_sentence_is_missing() -> None:
    groups = {key.split(".")[0] for key in keys("en")}
    named = {key for key in A_KEY.findall(ALL_CODE) if key.split(".")[0] in groups}
    assert named - keys("en") == set()


def test_no_sentence_is_left_over() -> None:
    prefixes = tuple(A_PREFIX.findall(ALL_CODE))
    written = set(A_KEY.findall(ALL_CODE))
    unused = {key for key in keys("en") - written if not key.startswith(prefixes)}
    assert unused == set()


@pytest.mark.parametrize("prefix", SAID_BY_DAEMON)
def test_each_word_of_the_daemon_has_its_sentence(prefix: str) -> None:
    words, never = SAID_BY_DAEMON[prefix]
    wanted = {f"{prefix}{one.value}" for one in words if one not in never}
    assert wanted - keys("en") == set()


@pytest.mark.parametrize("file", CODE)
def test_no_sentence_stands_in_the_code(file: str) -> None:
    """Texts between tags come from the catalogue: a literal with two words is one that does not."""
    code = re.sub(r"/\*.*?\*/|^\s*//.*$|\s//.*$", "", CODE[file], flags=re.DOTALL | re.MULTILINE)
    literals = re.findall(r'"([A-ZÄÖÜ][a-zäöüß]+(?: [A-Za-zäöüß]+)+[.?!]?)"', code)
    assert literals == []
