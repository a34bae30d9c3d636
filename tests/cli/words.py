"""Running the command in this process."""

from bridge.cli.main import main


def run(*words: str) -> int:
    """Run the command in this process; argparse leaves by SystemExit."""
    try:
        return main(words)
    except SystemExit as leaving:
        return int(leaving.code or 0)
