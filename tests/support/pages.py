"""The pages of the documentation, and what can be read in them: links, headings, commands."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = tuple(
    page.relative_to(ROOT).as_posix()
    for page in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
)
TOP = frozenset(
    each.name for each in ROOT.iterdir() if each.is_dir() and not each.name.startswith(".")
)
_FENCE = re.compile(r"^[ ]*```(\w*)\n(.*?)^[ ]*```[ ]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!`)\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`\n]+)`")
_SEPARATORS = frozenset({"|", "||", "&&", ";", "&", "(", ")", "<(", ">", "<"})


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a page: its words, without variables set before it."""

    page: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}: {' '.join(self.words)}"


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def prose_of(page: str) -> str:
    """Return the page without its code blocks."""
    return _FENCE.sub("", text_of(page))


def spans_in(page: str) -> list[str]:
    """Return the pieces of code within the prose."""
    return _SPAN.findall(prose_of(page))


def blocks_in(page: str, language: str) -> list[str]:
    """Return the page's code blocks of that language."""
    return [block for name, block in _FENCE.findall(text_of(page)) if name == language]


def links_in(page: str) -> list[str]:
    """Return the targets of the page's links that stay in the repository."""
    return [one for one in _LINK.findall(prose_of(page)) if not re.match(r"[a-z]+:", one, re.ASCII)]


def anchors_of(page: str) -> set[str]:
    """Return the anchors that GitHub makes of the page's headings."""
    headings = re.findall(r"^#{1,6} +(.+?) *$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands_in(page: str) -> list[Command]:
    """Return the commands of the page's shell blocks, each pipe and list taken apart."""
    blocks = [body for language, body in _FENCE.findall(text_of(page)) if language == "sh"]
    found: list[Command] = []
    for line in (line for block in blocks for line in block.replace("\\\n", " ").splitlines()):
        found += [Command(page, words) for words in _apart(line)]
    return found


def commands_in_prose(page: str) -> list[Command]:
    """Return the launchers and modules that are called within the prose, with their arguments."""
    calls = re.compile(r"local-dev/[a-z-]+( |$)|python3? -m ")
    return [
        Command(page, words)
        for span in spans_in(page)
        if calls.match(span)
        for words in _apart(span)
    ]


def module_behind(launcher: str) -> str:
    """Return the module that a launcher, such as `local-dev/up`, runs."""
    found = re.search(r'with-environment" (?:local|dev) ([\w.]+)', text_of(launcher))
    assert found is not None, f"{launcher} is no launcher"
    return found[1] if "." in found[1] else f"local_dev.commands.{found[1]}"


def _apart(line: str) -> list[tuple[str, ...]]:
    """Split a line at pipes and lists, and leave out assignments and comments."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;()<>")
    lexer.whitespace_split = True
    commands: list[list[str]] = [[]]
    for word in lexer:
        if word in _SEPARATORS or set(word) <= set("|&;()<>"):
            commands.append([])
        elif commands[-1] or not re.match(r"[A-Za-z_]+=", word):
            commands[-1].append(word)
    return [tuple(command) for command in commands if command]
