"""All profiles: loading directories, rules between files, and which profile fits a device."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bridge.model.errors import FileProblems, Problem, ProfileError
from bridge.model.hid import Conduct
from bridge.profiles.model import (
    GENERIC,
    Evidence,
    Kind,
    LampPolicy,
    Match,
    Profile,
    Proof,
    UsbId,
)
from bridge.profiles.schema import read_profile
from bridge.yamldoc import load

MAX_FILE_BYTES = 64 * 1024  # the largest profile has 2 KiB

BUILT_IN = Profile(
    id=GENERIC,
    vendor="any",
    model="any device with a HID telephony page",
    kind=Kind.FAMILY,
    match=Match(),
    conduct=Conduct(),
    lamps=LampPolicy(),
    proof=Proof(Evidence.DOCUMENT, sources=("HID Usage Tables 1.3",)),
    file="(built in)",
)
"""What applies when even the file of the generic profile cannot be read."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of a device before it is opened.

    Args:
        vendor, product: USB ids, 0..0xFFFF.
        name: product string, raw.
    """

    vendor: int
    product: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """The profile for a device, and why it won."""

    profile: Profile
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """Profiles that can be used, and what is wrong with the others.

    Args:
        profiles: by id, later directories in front of earlier ones.
        problems: of files that were left out.
        replaced: files that another one of the same id in a later directory stands in for.
    """

    profiles: tuple[Profile, ...]
    problems: tuple[Problem, ...] = ()
    replaced: tuple[tuple[str, str], ...] = field(default=())

    def choose(self, identity: Identity) -> Choice:
        """Return the profile for a device: exact id, then product string, vendor, generic."""
        usb = UsbId(identity.vendor, identity.product)
        name = identity.name.lower()
        for one in self.profiles:
            if usb in one.match.usb:
                return Choice(one, (f"usb id {usb} is listed in {one.file}", *self._won(one)))
        family = [one for one in self.profiles if _is_vendor(one.match, identity.vendor)]
        for one in family:
            part = next((part for part in one.match.names if part in name), None)
            if part is not None:
                why = f'"{part}" is in the product string, as {one.file} says'
                return Choice(one, (why, *self._won(one)))
        for one in family:
            if not one.match.names:
                why = f"no profile for {usb}, vendor {usb.vendor:04x} is listed in {one.file}"
                return Choice(one, (why, *self._won(one)))
        generic = next((one for one in self.profiles if one.id == GENERIC), BUILT_IN)
        return Choice(generic, (f"no profile for {usb} or its vendor", *self._won(generic)))

    def _won(self, profile: Profile) -> Iterator[str]:
        for loser, winner in self.replaced:
            if winner == profile.file:
                yield f"stands in for {loser}"


def _is_vendor(match: Match, vendor: int) -> bool:
    return vendor in match.vendors or (not match.vendors and bool(match.names))


def default_directory() -> Path:
    """Return where the product's profiles are: beside the code in a wheel, else in the tree."""
    package = Path(__file__).parent.parent
    packed = package / "_device_profiles"
    return packed if packed.is_dir() else package.parent / "device_profiles"


def load_library(directories: Sequence[Path] | None = None, dumps: Path | None = None) -> Library:
    """Return all profiles of some directories. Never raises for a broken file: see ``problems``.

    Args:
        directories: each searched with its subdirectories; a profile in a later one replaces the
            one of the same id, and takes over USB ids, from earlier ones. None: the product's own.
        dumps: where the files named by ``evidence.dumps`` are; None when they are not at hand.
    """
    layers: list[list[Profile]] = []
    problems: list[Problem] = []
    for directory in [default_directory()] if directories is None else directories:
        layer, wrong = _load_directory(directory)
        layer, clashes = _check_layer(layer)
        layers.append(layer)
        problems += wrong + clashes
    if dumps is not None:
        problems += [p for layer in layers for one in layer for p in _missing_dumps(one, dumps)]
    profiles, replaced = _stack(layers)
    if not any(one.id == GENERIC for one in profiles):
        where = str(directories[0]) if directories else str(default_directory())
        problems.append(Problem(where, 0, GENERIC, "no profile of that id", f"{GENERIC}.yaml"))
    return Library(tuple(profiles), tuple(problems), tuple(replaced))


def check_profiles(
    directories: Sequence[Path] | None = None, dumps: Path | None = None
) -> tuple[Problem, ...]:
    """Return everything that is wrong with the profiles, for ``offhook profiles check``.

    Args:
        directories: as for ``load_library``.
        dumps: as for ``load_library``.
    """
    return load_library(directories, dumps).problems


def load_profile(path: Path) -> Profile:
    """Return the profile in a file.

    Raises:
        ProfileError: everything that is wrong with it, an unreadable file included.
    """
    try:
        return read_profile(load(_text(path), str(path)))
    except OSError as error:
        found = error.strerror or str(error)
        raise ProfileError((Problem(str(path), 0, "(file)", found, "a readable file"),)) from error
    except UnicodeDecodeError as error:
        wrong = Problem(str(path), 0, "(file)", "bytes that are no UTF-8", "UTF-8 text")
        raise ProfileError((wrong,)) from error
    except ProfileError:
        raise
    except FileProblems as error:
        raise ProfileError(error.problems) from error


def _text(path: Path) -> str:
    data = path.read_bytes()
    if len(data) > MAX_FILE_BYTES:
        expected = f"at most {MAX_FILE_BYTES}"
        raise ProfileError((Problem(str(path), 0, "(file)", f"{len(data)} bytes", expected),))
    return data.decode()


def _load_directory(directory: Path) -> tuple[list[Profile], list[Problem]]:
    good: list[Profile] = []
    problems: list[Problem] = []
    for path in sorted(directory.rglob("*.yaml")):
        try:
            good.append(load_profile(path))
        except ProfileError as error:
            problems += error.problems
    return good, problems


def _check_layer(layer: Iterable[Profile]) -> tuple[list[Profile], list[Problem]]:
    """Drop what an earlier file of the same directory claims already, and say so."""
    kept: list[Profile] = []
    problems: list[Problem] = []
    owners: dict[str, Profile] = {}
    for one in layer:
        claims = [one.id, *_claims(one)]
        clash = next((claim for claim in claims if claim in owners), None)
        if clash is None:
            kept.append(one)
            owners.update(dict.fromkeys(claims, one))
        else:
            expected = f"it in one file; {owners[clash].file} has it"
            problems.append(Problem(one.file, 0, "match", clash, expected))
    return kept, problems


def _claims(profile: Profile) -> list[str]:
    """Return what no other profile may claim."""
    match = profile.match
    names = match.names or ("any name",)
    anybody = [0] if match.names and not match.vendors else []
    vendors = [f"vendor {v:04x} with {name}" for v in (*match.vendors, *anybody) for name in names]
    return [*map(str, match.usb), *vendors]


def _missing_dumps(profile: Profile, dumps: Path) -> Iterator[Problem]:
    for name in profile.proof.dumps:
        if not (dumps / name).is_file():
            yield Problem(profile.file, 0, "evidence.dumps", f"no file {name}", f"it in {dumps}")


def _stack(layers: Sequence[Sequence[Profile]]) -> tuple[list[Profile], list[tuple[str, str]]]:
    """Put later directories in front of earlier ones."""
    stacked: list[Profile] = []
    replaced: list[tuple[str, str]] = []
    for layer in reversed(layers):
        for one in layer:
            winner = next((other for other in stacked if other.id == one.id), None)
            if winner is not None:
                replaced.append((one.file, winner.file))
                continue
            taken = {usb for other in stacked for usb in other.match.usb if other not in layer}
            rest = tuple(usb for usb in one.match.usb if usb not in taken)
            stacked.append(replace(one, match=replace(one.match, usb=rest)))
    return stacked, replaced
