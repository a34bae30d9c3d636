"""All profiles: loading directories, rules between files, and which profile fits a device."""

import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bridge.model.errors import FileProblems, Problem, ProfileError
from bridge.model.hid import Conduct
from bridge.profiles.ids import line_of, unpublished
from bridge.profiles.model import (
    GENERIC,
    Evidence,
    Kind,
    LampPolicy,
    Match,
    Profile,
    Proof,
    UsagePair,
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
        declares: usages of its report descriptor, top-level collections among them; None when
            nobody looked.
    """

    vendor: int
    product: int
    name: str = ""
    declares: frozenset[UsagePair] | None = None


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
        """Return the profile for a device.

        An exact id wins over the product string beside the vendor, that over the vendor, that
        over the product string alone, that over the generic profile. Of several parts of the
        product string the longest wins. A profile whose ``declares`` the descriptor lacks is out.
        """
        usb = UsbId(identity.vendor, identity.product)
        for one in self.profiles:
            if usb in one.match.usb:
                return Choice(one, (f"usb id {usb} is listed in {one.file}", *self._won(one)))
        fitting = [one for one in self.profiles if _fits(one.match, identity)]
        ours = [one for one in fitting if one.match.vendors]
        nobodys = [one for one in fitting if not one.match.vendors]
        found = self._named(ours, identity.name) or self._of_vendor(ours, usb)
        found = found or self._named(nobodys, identity.name)
        if found is not None:
            return found
        generic = next((one for one in self.profiles if one.id == GENERIC), BUILT_IN)
        return Choice(generic, (f"no profile for {usb} or its vendor", *self._won(generic)))

    def _named(self, profiles: Iterable[Profile], name: str) -> Choice | None:
        """Return the profile with the longest part of the product string."""
        parts = [
            (part, one)
            for one in profiles
            for part in one.match.names
            if _occurs(part, name.lower(), anywhere=bool(one.match.vendors))
        ]
        if not parts:
            return None
        part, one = max(parts, key=lambda found: len(found[0]))
        why = f'"{part}" is in the product string, as {one.file} says'
        return Choice(one, (why, *_declared(one), *self._won(one)))

    def _of_vendor(self, profiles: Iterable[Profile], usb: UsbId) -> Choice | None:
        """Return the profile for whatever a vendor makes; the most particular descriptor first."""
        nameless = [one for one in profiles if not one.match.names]
        if not nameless:
            return None
        one = max(nameless, key=lambda found: len(found.match.declares))
        why = f"no profile for {usb}, vendor {usb.vendor:04x} is listed in {one.file}"
        return Choice(one, (why, *_declared(one), *self._won(one)))

    def _won(self, profile: Profile) -> Iterator[str]:
        for loser, winner in self.replaced:
            if winner == profile.file:
                yield f"stands in for {loser}"


def _fits(match: Match, identity: Identity) -> bool:
    """Say whether a profile without exact ids is for a device, its product string aside."""
    vendor = identity.vendor in match.vendors or (not match.vendors and bool(match.names))
    unseen = identity.declares is None
    return vendor and (unseen or set(match.declares) <= (identity.declares or set()))


def _occurs(part: str, name: str, *, anywhere: bool) -> bool:
    """Say whether a part is in a product string; of any vendor only at the start of a word."""
    return part in name if anywhere else bool(re.search(rf"(?<![a-z0-9]){re.escape(part)}", name))


def _declared(profile: Profile) -> Iterator[str]:
    if profile.match.declares:
        usages = ", ".join(f"{page:02x}/{one:02x}" for page, one in profile.match.declares)
        yield f"its descriptor declares {usages}"


def default_directory() -> Path:
    """Return where the product's profiles are: beside the code in a wheel, else in the tree."""
    package = Path(__file__).parent.parent
    packed = package / "_device_profiles"
    return packed if packed.is_dir() else package.parent / "device_profiles"


def own_directories() -> list[Path]:
    """Return where users and administrators put profiles of their own.

    Those that exist, and those that we may not look for: loading them tells so.
    """
    return [place for place in _own_places() if not _is_missing(place)]


def _own_places() -> Iterator[Path]:
    yield Path("/etc/offhook/device_profiles")
    try:
        yield Path("~/.config/offhook/device_profiles").expanduser()
    except RuntimeError:  # a service user without a home
        return


def _is_missing(directory: Path) -> bool:
    try:
        return not directory.is_dir()
    except PermissionError:
        return False


def load_library(directories: Sequence[Path] | None = None, dumps: Path | None = None) -> Library:
    """Return all profiles of some directories. Never raises for a broken file: see ``problems``.

    Args:
        directories: each searched with its subdirectories; a profile in a later one replaces the
            one of the same id, and takes over USB ids, from earlier ones. None: the product's
            own, then those of ``own_directories``.
        dumps: where the files named by ``evidence.dumps`` are; None when they are not at hand.
    """
    layers: list[list[Profile]] = []
    problems: list[Problem] = []
    if directories is None:
        directories = [default_directory(), *own_directories()]
    for directory in directories:
        layer, wrong = _load_directory(directory)
        layer, clashes = _check_layer(layer)
        layers.append(layer)
        problems += wrong + clashes + unpublished(directory, layer)
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
    """Return what is in a file; no pipe and no device is waited for or read without end."""
    found = path.stat()
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise ProfileError((Problem(str(path), 0, "(file)", "a pipe or device", "a file"),))
    if found.st_size > MAX_FILE_BYTES and not stat.S_ISDIR(found.st_mode):
        expected = f"at most {MAX_FILE_BYTES}"
        raise ProfileError((Problem(str(path), 0, "(file)", f"{found.st_size} bytes", expected),))
    return path.read_bytes().decode()


def _load_directory(directory: Path) -> tuple[list[Profile], list[Problem]]:
    good: list[Profile] = []
    problems: list[Problem] = []
    try:
        next(directory.iterdir(), None)  # rglob passes over what it may not read
    except FileNotFoundError:
        return [], []
    except OSError as error:
        found = error.strerror or str(error)
        return [], [Problem(str(directory), 0, "(directory)", found, "a directory we may read")]
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
            line = line_of(one.file, clash) or line_of(one.file, "match:")
            problems.append(Problem(one.file, line, "match", clash, expected))
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
            line = line_of(profile.file, name)
            found, expected = f"no file {name}", f"it in {dumps}"
            yield Problem(profile.file, line, "evidence.dumps", found, expected)


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
