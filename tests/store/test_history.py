"""The table of calls: finding, deleting, forgetting."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.drivers.store import FILE_NAME, Store
from bridge.model.forwarding import ChangedForwarding, Forward, Target, To, When
from bridge.model.history import CallKind, DeleteHistory, FindHistory, FoundHistory, Memory
from tests.store.writer import call

CHANGED = ChangedForwarding(
    3,
    (
        Forward(When.ALWAYS, Target(To.NUMBER, "203")),
        Forward(When.NO_ANSWER, Target(To.VOICEMAIL), after_s=45),
    ),
)

NOW_S = 1_800_000_000.0
DAY_MS = 86_400_000

NAMES = ("Max-Andreas Mustermann", "Jürgen Müller", "José Núñez", "Ørsted A/S", "Straße & Söhne")


def troubles(text: str) -> None:
    assert not text, text


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(tmp_path, 30, troubles, lambda: NOW_S) as running:
        yield running


@pytest.fixture
async def filled(store: Store) -> Store:
    """Five missed calls, the first name the oldest, one a minute."""
    for number, name in enumerate(NAMES):
        start_ms = round(NOW_S * 1000) - (60 - number) * 60_000
        store.keep(call(number, name=name, start_ms=start_ms, end_ms=start_ms + 1))
    return store


def names(found: FoundHistory) -> list[str]:
    return [entry.name for entry in found.entries]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("And Muster", "Max-Andreas Mustermann"),
        ("muster max", "Max-Andreas Mustermann"),
        ("ANDREAS", "Max-Andreas Mustermann"),
        ("ustermann", "Max-Andreas Mustermann"),
        ("mueller", "Jürgen Müller"),
        ("Müller", "Jürgen Müller"),
        ("muller", "Jürgen Müller"),
        ("juergen muell", "Jürgen Müller"),
        ("nunez", "José Núñez"),
        ("orsted", "Ørsted A/S"),
        ("oersted", "Ørsted A/S"),
        ("strasse soehne", "Straße & Söhne"),
        ("+49 30 0000002", "José Núñez"),
        ("0049300000003", "Ørsted A/S"),
        ("030 0000001", "Jürgen Müller"),
    ],
)
async def test_any_part_of_any_word_finds(filled: Store, words: str, name: str) -> None:
    assert names(await filled.find_history(FindHistory(words=words))) == [name]


@pytest.mark.parametrize("words", ["muster nobody", "xyz", "30 999", "%", "_", "' OR 1=1 --"])
async def test_what_does_not_fit_finds_nothing(filled: Store, words: str) -> None:
    expected = list(reversed(NAMES)) if not any(map(str.isalnum, words)) else []
    assert names(await filled.find_history(FindHistory(words=words))) == expected


async def test_the_newest_comes_first_and_pages_follow_on(filled: Store) -> None:
    first = await filled.find_history(FindHistory(limit=2))
    assert (names(first), first.more) == ([NAMES[4], NAMES[3]], True)
    second = await filled.find_history(FindHistory(limit=2, before=first.entries[-1].entry))
    assert (names(second), second.more) == ([NAMES[2], NAMES[1]], True)
    last = await filled.find_history(FindHistory(limit=2, before=second.entries[-1].entry))
    assert (names(last), last.more) == ([NAMES[0]], False)


async def test_what_happened_is_read_back_as_it_was(store: Store) -> None:
    entry = call(1, kind=CallKind.RECEIVED, answer_ms=round(NOW_S * 1000) + 5, company="Acme",
                 device="0b0e-0307-1a2b", start_ms=round(NOW_S * 1000), sip=200,
                 via="300 Chef")  # fmt: skip
    store.keep(entry)
    (found,) = (await store.find_history(FindHistory())).entries
    assert found == replace(entry, entry=1)


async def test_lists_are_narrowed_by_kind_account_and_time(store: Store) -> None:
    now_ms = round(NOW_S * 1000)
    store.keep(call(1, kind=CallKind.OUTGOING, start_ms=now_ms - 10))
    store.keep(call(2, kind=CallKind.RECEIVED, start_ms=now_ms - 5, account="work"))
    store.keep(call(3, kind=CallKind.MISSED, start_ms=now_ms))

    async def found(**narrow: object) -> list[str]:
        answer = await store.find_history(FindHistory(**narrow))  # type: ignore[arg-type]
        return [entry.number[-1] for entry in answer.entries]

    assert await found(kinds=(CallKind.OUTGOING, CallKind.MISSED)) == ["3", "1"]
    assert await found(account="work") == ["2"]
    assert await found(from_ms=now_ms - 5) == ["3", "2"]
    assert await found(to_ms=now_ms - 5) == ["1"]
    assert await found(from_ms=now_ms - 5, to_ms=now_ms) == ["2"]


async def test_one_or_all_are_deleted_and_numbers_are_not_used_again(filled: Store) -> None:
    assert await filled.delete_history(DeleteHistory((2, 77))) == 1
    assert NAMES[1] not in names(await filled.find_history(FindHistory()))
    assert await filled.delete_history(DeleteHistory(everything=True)) == 4
    assert names(await filled.find_history(FindHistory())) == []
    filled.keep(call(9))
    (entry,) = (await filled.find_history(FindHistory())).entries
    assert entry.entry > 5


async def test_what_is_deleted_is_nowhere_in_the_files(filled: Store, tmp_path: Path) -> None:
    await filled.find_history(FindHistory())
    assert b"Mustermann" in all_bytes(tmp_path)
    await filled.delete_history(DeleteHistory(everything=True))
    assert b"Mustermann" not in all_bytes(tmp_path)
    assert b"mustermann" not in all_bytes(tmp_path)


def all_bytes(directory: Path) -> bytes:
    return b"".join(file.read_bytes() for file in directory.glob(f"{FILE_NAME}*"))


async def test_a_call_that_runs_is_no_history_yet_and_survives_a_clear(store: Store) -> None:
    store.keep(call(1, end_ms=None))
    assert names(await store.find_history(FindHistory())) == []
    assert await store.delete_history(DeleteHistory(everything=True)) == 0
    store.keep(call(1))
    assert len((await store.find_history(FindHistory())).entries) == 1


async def test_a_call_that_changes_is_kept_once(store: Store) -> None:
    for reason in ("one", "two", "three"):
        store.keep(call(1, reason=reason))
        await store.find_history(FindHistory())
    (entry,) = (await store.find_history(FindHistory())).entries
    assert (entry.reason, entry.entry) == ("three", 1)


@pytest.mark.parametrize(("age_days", "stays"), [(29, True), (31, False)])
async def test_calls_are_forgotten_after_their_days(
    tmp_path: Path, age_days: int, stays: bool
) -> None:
    start_ms = round(NOW_S * 1000) - age_days * DAY_MS
    async with Store(tmp_path, 365, troubles, lambda: NOW_S) as store:
        store.keep(call(1, start_ms=start_ms, end_ms=start_ms + 1))
    async with Store(tmp_path, 30, troubles, lambda: NOW_S) as store:
        assert bool((await store.find_history(FindHistory())).entries) is stays


async def test_with_0_days_everything_goes_at_the_start_and_nothing_is_added(
    tmp_path: Path,
) -> None:
    async with Store(tmp_path, 30, troubles, lambda: NOW_S) as store:
        store.keep(call(1))
        store.remember(Memory("+4930123", do_not_disturb=True))
    async with Store(tmp_path, 0, troubles, lambda: NOW_S) as store:
        store.keep(call(2))
        kept = Memory("+4930456", True, call_waiting=False, locked=True, forwarding=CHANGED)
        store.remember(kept)
        assert (await store.find_history(FindHistory())).entries == ()
        assert await store.memory() == replace(kept, last_dialed="")


async def test_calls_of_today_are_purged_when_their_time_has_come(tmp_path: Path) -> None:
    clock = [NOW_S]
    async with Store(tmp_path, 1, troubles, lambda: clock[0]) as store:
        store.keep(call(1, start_ms=round(NOW_S * 1000)))
        clock[0] += 90_000
        store.purge()
        assert (await store.find_history(FindHistory())).entries == ()


async def test_a_clock_that_nobody_set_and_that_is_years_ahead_forgets_no_call(
    tmp_path: Path,
) -> None:
    start_ms, years_s = round(NOW_S * 1000), 9 * 365 * 86_400
    async with Store(tmp_path, 30, troubles, lambda: NOW_S) as store:
        store.keep(call(1, start_ms=start_ms))
        store.keep(call(2, start_ms=start_ms - 31 * DAY_MS))
    async with Store(tmp_path, 30, troubles, lambda: NOW_S + years_s, lambda: False) as store:
        (entry,) = (await store.find_history(FindHistory())).entries
    assert entry.start_ms == start_ms


async def test_the_end_nobody_saw_is_the_time_of_the_answer(tmp_path: Path) -> None:
    start_ms = round(time.time() * 1000)
    async with Store(tmp_path, 30, troubles, time.time) as store:
        store.keep(call(1, start_ms=start_ms, answer_ms=start_ms + 7, end_ms=None))
    async with Store(tmp_path, 30, troubles, time.time) as store:
        (entry,) = (await store.find_history(FindHistory())).entries
    assert (entry.end_ms, entry.talked_s) == (start_ms + 7, 0)
    assert entry.reason == "Offhook ended during the call"
