"""Tests of rules, kept as files: `python -m functions.alert.rule_tests --help`.

Readings in, alerts expected out; no server is needed. A team keeps them beside its rules file.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from functions.alert.proposed_rules import proposed
from functions.alert.rule_tests.judgement import Judgement, judged
from functions.alert.rule_tests.reading_file import rule_tests_of
from shared.alerts.rules.load import load
from shared.settings import SettingsError


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the tests of the files; return 0 if all hold, 1 if not, 2 if something is set wrongly."""
    options = _parser().parse_args(arguments)
    count = failed = 0
    try:
        for file in options.files:
            for one in _judgements(file, options.rules, environment):
                count, failed = count + 1, failed + bool(one.difference)
                _tell(file, one)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{count} tests, {failed} failed")
    return 1 if failed else 0


def _tell(file: str, judgement: Judgement) -> None:
    print(f"{'FAILED' if judgement.difference else 'ok':6}  {file}: {judgement.name}")
    for line in judgement.difference:
        print(f"        {line}")


def _judgements(
    file: str, rules: str | None, environment: Mapping[str, str]
) -> Iterator[Judgement]:
    said = rule_tests_of(file)
    if said.rules is not None:
        rules = str(Path(file).parent / said.rules)
    book = proposed(
        load(environment if rules is None else {**environment, "ALERT_RULES_FILE": rules})
    )
    for test in said.tests:
        yield judged(test, book.histories_for(test.device))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m functions.alert.rule_tests",
        description="Run tests of rules: readings in, alerts expected out.",
        epilog="The rules are those of the environment (TEMP_*, HUMIDITY_*) and of the file that a"
        " test file names (rules: PATH, from itself on), else of --rules, else of ALERT_RULES_FILE."
        " Exit code: 0 all hold; 1 some do not; 2 a file or a setting is wrong.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="YAML or JSON")
    parser.add_argument("--rules", metavar="FILE", help="the rules, where a test file names none")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
