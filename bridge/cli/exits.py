"""Exit codes: stable, for scripts."""

from enum import IntEnum


class Exit(IntEnum):
    """What a command ended with."""

    OK = 0  # done
    FAILED = 1  # refused or failed; the sentence is on stderr
    USAGE = 2  # the command line makes no sense (argparse uses the same)
    NOT_RUNNING = 3  # no daemon to talk to
    CONFIG = 4  # the configuration or a profile has problems
    INTERRUPTED = 130  # Ctrl+C, as shells count it


MEANING = {
    Exit.OK: "done",
    Exit.FAILED: "refused or failed; the reason is on standard error",
    Exit.USAGE: "the command line makes no sense",
    Exit.NOT_RUNNING: "no daemon is running, or it does not answer",
    Exit.CONFIG: "the configuration or a device profile has problems",
    Exit.INTERRUPTED: "interrupted (Ctrl+C)",
}
