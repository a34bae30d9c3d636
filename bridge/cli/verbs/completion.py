"""Completion scripts, made from the parser itself so that they cannot forget a word."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.cli.exits import Exit
from bridge.cli.parser import build


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be typed next.

    Args:
        text: the word or option.
        help: one sentence.
    """

    text: str
    help: str


@dataclass(frozen=True, slots=True)
class Place:
    """One place in the command line.

    Args:
        words: what was typed before, such as ``("devices",)``.
        choices: words and options that may follow.
        file_options: options whose value is a file.
        wants_file: something else that may follow is a file.
    """

    words: tuple[str, ...]
    choices: tuple[Choice, ...]
    file_options: tuple[str, ...]
    wants_file: bool


FILE_ARGUMENTS = frozenset({"FILE", "PATH", "DUMP", "DIR"})
FILE_WORDS = frozenset({"device", "directory"})


def completion(args: argparse.Namespace) -> Exit:
    """Print the script of a shell."""
    script = {"bash": bash, "zsh": zsh, "fish": fish}[args.shell](list(places()))
    if args.json:
        print(json.dumps({"shell": args.shell, "script": script}))
    else:
        print(script, end="")
    return Exit.OK


def places(
    parser: argparse.ArgumentParser | None = None, words: tuple[str, ...] = ()
) -> Iterator[Place]:
    """Yield every place of the command line, the whole command first."""
    parser = parser or build()
    choices: list[Choice] = []
    files: list[str] = []
    wants_file = False
    inner: list[tuple[str, argparse.ArgumentParser]] = []
    for action in parser._actions:  # noqa: SLF001  # argparse has no public way to look
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            helps = {one.dest: one.help or "" for one in action._choices_actions}  # noqa: SLF001
            choices += [Choice(name, helps.get(name, "")) for name in action.choices]
            inner += list(action.choices.items())
        elif action.option_strings:
            choices += [Choice(name, action.help or "") for name in action.option_strings]
            if action.metavar in FILE_ARGUMENTS:
                files += action.option_strings
        else:
            choices += [Choice(str(value), "") for value in action.choices or ()]
            wants_file = wants_file or action.dest in FILE_WORDS
    yield Place(words, tuple(choices), tuple(files), wants_file)
    for name, child in inner:
        yield from places(child, (*words, name))


def bash(found: list[Place]) -> str:
    """Return the script for bash (4 or later)."""
    files = "|".join(sorted({name for place in found for name in place.file_options}))
    cases = "\n".join(
        f'        "{" ".join(place.words)}") words="{" ".join(c.text for c in place.choices)}"'
        f"{' files=1' if place.wants_file else ''} ;;"
        for place in found
    )
    return f"""\
# bash completion for offhook, written by `offhook completion bash`
_offhook() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}}
    local path="" words="" files="" i
    COMPREPLY=()
    case $prev in {files}) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;; esac
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${{COMP_WORDS[i]}} in
            {files}) i=$((i + 1)) ;;
            -*) ;;
            *) path="${{path:+$path }}${{COMP_WORDS[i]}}" ;;
        esac
    done
    case $path in
{cases}
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    if [[ -n $files ]]; then
        mapfile -t -O "${{#COMPREPLY[@]}}" COMPREPLY < <(compgen -f -- "$cur")
    fi
}}
complete -o filenames -F _offhook offhook
"""


def zsh(found: list[Place]) -> str:
    """Return the script for zsh (5 or later)."""
    cases = "\n".join(
        f"    ('{' '.join(place.words)}') choices=("
        + " ".join(_zsh_choice(choice) for choice in place.choices)
        + f"){' files=1' if place.wants_file else ''} ;;"
        for place in found
    )
    files = "|".join(sorted({name for place in found for name in place.file_options}))
    return f"""\
#compdef offhook
# zsh completion for offhook, written by `offhook completion zsh`
_offhook() {{
  local -a choices
  local files="" i typed=""
  if [[ ${{words[CURRENT-1]}} == ({files}) ]]; then _files; return; fi
  for ((i = 2; i < CURRENT; i++)); do
    case ${{words[i]}} in
      ({files}) ((i++)) ;;
      (-*) ;;
      (*) typed="${{typed:+$typed }}${{words[i]}}" ;;
    esac
  done
  case $typed in
{cases}
  esac
  _describe offhook choices
  [[ -n $files ]] && _files
}}
compdef _offhook offhook
"""


def _zsh_choice(choice: Choice) -> str:
    text = f"{choice.text}:{choice.help}" if choice.help else choice.text
    return "'" + text.replace("'", "'\\''") + "'"


def fish(found: list[Place]) -> str:
    """Return the script for fish (3 or later)."""
    lines = [
        "# fish completion for offhook, written by `offhook completion fish`",
        "function __offhook_at",
        "    set -l typed (commandline -opc)[2..-1]",
        "    set -l path (string match -v -- '-*' $typed)",
        '    test "$path" = "$argv"',
        "end",
        "complete -c offhook -f",
    ]
    for place in found:
        at = f"-n '__offhook_at {' '.join(place.words)}'"
        for choice in place.choices:
            shape = "-l " + choice.text[2:] if choice.text.startswith("--") else ""
            shape = shape or ("-s " + choice.text[1:] if choice.text.startswith("-") else "")
            shape = shape or f"-a {choice.text}"
            needs_file = " -rF" if choice.text in place.file_options else ""
            lines.append(f"complete -c offhook {at} {shape}{needs_file} -d {_fish(choice.help)}")
        if place.wants_file:
            lines.append(f"complete -c offhook {at} -F")
    return "\n".join(lines) + "\n"


def _fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
