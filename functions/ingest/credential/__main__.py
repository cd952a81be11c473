"""The command that makes keys and mints tokens: `python -m functions.ingest.credential --help`."""

import argparse
import asyncio
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from functions.ingest.credential.key_folder import KeyFolder, NoKeyError
from functions.ingest.credential.minting import claims_for
from functions.ingest.credential.showing import lines_of
from shared.auth.issuers import AuthFileError
from shared.auth.scopes import Scope
from shared.auth.signing import ALGORITHMS, new_signing_key, signed
from shared.auth.verifier import Verifier

_STANDARD_INPUT: Final = "-"
_EPILOG: Final = """\
  keys [--algorithm EdDSA|ES256|HS256]
  mint --devices ID [ID ...] --days N [--scopes SCOPE,...] [--subject NAME]
  show [TOKEN]

keys makes a folder with auth.yaml (AUTH_FILE of the functions), the keys that verify, the list of
what is revoked, and signing.jwks, which stays with you. Run again, it makes the next key: both
verify, the new one signs. mint prints a token and stores nothing. Bring the new keys.jwks to the
functions first, and mint a minute later. show says whether a token is good for this folder, and
its id, by which it is revoked."""


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; return 0, 1 for a token that is not good, or 2 if refused."""
    options = _parser().parse_args(arguments)
    folder = KeyFolder(options.folder)
    try:
        if options.command == "keys":
            return _make_key(folder, options.algorithm)
        return _mint(folder, options) if options.command == "mint" else _show(folder, options.token)
    except (NoKeyError, AuthFileError, ValueError) as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
    return 2


def _make_key(folder: KeyFolder, algorithm: str) -> int:
    key_id = f"{datetime.now(UTC):%Y-%m-%d}-{secrets.token_hex(3)}"
    verifying = folder.add(new_signing_key(algorithm, key_id, secrets.token_bytes(32)))
    print(f"{folder.auth_file}: {key_id} signs; {', '.join(verifying)} verify", file=sys.stderr)
    return 0


def _mint(folder: KeyFolder, options: argparse.Namespace) -> int:
    scopes = [Scope(word) for word in options.scopes.split(",")]
    lifetime, token_id = timedelta(days=options.days), secrets.token_hex(8)
    now = datetime.now(UTC)
    claims = claims_for(options.devices, scopes, options.subject, lifetime, now, token_id)
    print(signed(claims, folder.signing_key()))
    print(f"id {token_id}: until {now + lifetime:%Y-%m-%d}", file=sys.stderr)
    return 0


def _show(folder: KeyFolder, given: str) -> int:
    given = sys.stdin.read().strip() if given == _STANDARD_INPUT else given
    verifier = Verifier(folder.auth_file)
    is_good, lines = asyncio.run(lines_of(given, verifier))
    print("\n".join(lines))
    return 0 if is_good else 1


def _days(text: str) -> float:
    days = float(text)
    if not 0 < days <= 36_500:  # noqa: PLR2004 - a hundred years
        raise ValueError(text)
    return days


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m functions.ingest.credential",
        description="Make keys, mint tokens for devices and people, and show what a token says.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--folder", type=Path, default=Path("auth"), help="of keys (auth)")
    commands = parser.add_subparsers(dest="command", required=True)
    keys = commands.add_parser("keys", help="make a key that signs; the last one still verifies")
    keys.add_argument("--algorithm", choices=ALGORITHMS, default=ALGORITHMS[0])
    mint = commands.add_parser("mint", help="print a token")
    mint.add_argument(
        "--devices", nargs="+", default=[], metavar="ID", help="ids, or beginnings: 'barn-*'"
    )
    mint.add_argument("--days", type=_days, required=True, help="how long it is good")
    mint.add_argument(
        "--scopes", default=Scope.INGEST.value, help="with commas: ingest,read (ingest)"
    )
    mint.add_argument("--subject", default="", help="whose it is, for people")
    show = commands.add_parser("show", help="say what a token is good for")
    show.add_argument(
        "token", nargs="?", default=_STANDARD_INPUT, help="- or none: from standard input"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
