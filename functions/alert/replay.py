"""Fold an explanation again, without any server: `python -m functions.alert.replay --help`.

What it takes is the bundle that the dashboard's `GET /alerts/{id}/explain` gives.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from functions.alert.episode_text import details_of, difference_of, line_of
from shared.alerts.bundle import Bundle, replayed
from shared.alerts.timeline.explain import Step
from shared.times import rfc3339


def main(arguments: Sequence[str]) -> int:
    """Print the steps and episodes; return 0 if these are the bundle's, 1 if not, 2 if unread."""
    options = _parser().parse_args(arguments)
    try:
        text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text("utf-8")
        bundle = Bundle.model_validate_json(text)
    except (OSError, UnicodeDecodeError) as error:
        print(f"{options.file}: cannot be read: {error}", file=sys.stderr)
        return 2
    except ValidationError as error:
        print(f"{options.file}: is no bundle: {_first_fault(error)}", file=sys.stderr)
        return 2
    found = replayed(bundle)
    for line in _lines_of(found):
        print(line)
    if found.episodes == bundle.episodes:
        return 0
    print("the episodes of the bundle are others:")
    for line in difference_of(_details(bundle), _details(found)):
        print(line)
    return 1


def _lines_of(bundle: Bundle) -> Sequence[str]:
    steps = [line for step in bundle.steps for line in _lines_of_step(step)]
    episodes = [line_of(one) for one in bundle.episodes] or ["no alert"]
    return [f"{bundle.rule_id} for {bundle.device_id}", *steps, *episodes]


def _details(bundle: Bundle) -> Sequence[str]:
    return [line for one in bundle.episodes for line in details_of(one)]


def _lines_of_step(step: Step) -> Sequence[str]:
    what = "time passes" if step.cause == "time" else f"reading {step.reading_id} of {step.value}"
    phases = ", ".join(f"{level} {phase}" for level, phase in step.after.items())
    happened = [f"    {sentence}" for sentence in step.happened]
    return [f"{rfc3339(step.at)}  {what}: {phases}", *happened]


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": ")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m functions.alert.replay",
        description="Fold the readings of an explanation again and compare the episodes.",
        epilog="Exit code: 0 the same episodes; 1 others; 2 the file is no bundle.",
    )
    parser.add_argument("file", metavar="bundle.json", help="- is the standard input")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
