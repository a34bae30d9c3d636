"""Writes the expectation of each dump that has none: python -m tests.tools.dump_expectations.

What is written is what ``offhook devices explain`` says; whoever adds the dump looks whether it is
right. From then on the tests hold us to it: a file that is there is never written again.
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from bridge.profiles.library import Identity, Library, load_library
from bridge.protocols.hid_explain import Explanation, PlaceFacts, explain_descriptor
from bridge.protocols.hid_recorder import read_recording

DUMPS = Path(__file__).parents[1] / "dumps"


def explained(path: Path, library: Library) -> Explanation:
    """Return what a dump is taken for."""
    recording = read_recording(path.read_text("utf-8"), path.name)
    identity = Identity(recording.vendor, recording.product, recording.name)
    return explain_descriptor(path.name, identity, recording.descriptor, library)


def expectation(found: Explanation) -> str:
    """Return what is expected of a dump, as the text of its file."""
    lines = [f"# What is expected of {found.source}."]
    if found.left_alone:
        return "\n".join([*lines, f"left_alone: '{found.left_alone}'", ""])
    lines += [f"profile: {found.profile}", "roles:", *_places(found.roles, "size", "style")]
    lines += ["outputs:" if found.outputs else "outputs: {}", *_places(found.outputs)]
    return "\n".join([*lines, ""])


def _places(found: Mapping[str, PlaceFacts], *more: str) -> Iterable[str]:
    for name, place in found.items():
        facts = [f"{key}: {place[key]}" for key in ("report", "bit", *more, "usage")]  # type: ignore[literal-required]
        yield f"  {name}: {{{', '.join(facts)}}}"


def main(arguments: list[str]) -> int:
    """Write what is missing, or with ``--check`` say so."""
    missing, library = 0, load_library([Path(__file__).parents[2] / "device_profiles"])
    for dump in sorted(DUMPS.glob("*.hid")):
        path = dump.with_suffix(".expect.yaml")
        if path.is_file():
            continue
        if "--check" in arguments:
            sys.stderr.write(f"{path} is missing: run ./dev gen and look whether it is right\n")
            missing += 1
        else:
            path.write_text(expectation(explained(dump, library)), "utf-8")
            sys.stderr.write(f"{path} is new: look whether it is right\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
