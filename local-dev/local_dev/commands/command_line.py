"""The command lines of the launchers: how one is run, and the options that several share."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local_dev.paths import DATA_VARIABLE
from local_dev.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}  # the rest is pytest's
UNITS_S = {"ms": 0.001, "s": 1, None: 1, "m": 60, "h": 3600}

Data = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help=f"Where the data is (default .data, or {DATA_VARIABLE})."),
]


def run(
    command: Callable[..., None],
    arguments: list[str] | None = None,
    context: dict[str, Any] | None = None,
) -> None:
    """Run the command named like the launcher, and exit; its docstring is the help."""
    settings = {"help_option_names": ["-h", "--help"], **(context or {})}
    app = typer.Typer(
        add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown"
    )
    app.command(context_settings=settings)(command)
    try:
        app(arguments, prog_name=f"local-dev/{command.__name__.replace('_', '-')}")
    except OSError as error:
        sys.exit(refusal(error))


def flag(name: str, text: str) -> Any:  # noqa: ANN401 - as typer's own
    """Return an option without a value, and without the `--no-...` that typer would add."""
    return typer.Option(name, help=text, metavar="")


def seconds(text: object) -> float:
    """Read a length of time: `90`, `90s`, `1.5m`. Raise typer.BadParameter for any other text."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)?", str(text))
    if not found:
        raise typer.BadParameter(f"{text!r} is no length of time: write 60s, 500ms or 2m")
    return float(found[1]) * UNITS_S[found[2]]
