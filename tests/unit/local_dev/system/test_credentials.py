"""The credentials of `local-dev/up --auth`."""

import asyncio
from pathlib import Path

import pytest

from local_dev.servers.child_process import ServerFailedError
from local_dev.system.credentials import make_credentials
from shared.auth.scopes import Scope
from shared.auth.verifier import Verifier


def test_tokens_are_good_for_the_sample_and_the_simulated_devices(tmp_path: Path) -> None:
    file = tmp_path / "auth" / "auth.yaml"

    made = asyncio.run(make_credentials(file))

    verifier = Verifier(file)
    device = asyncio.run(verifier.principal_of(made.device))
    admin = asyncio.run(verifier.principal_of(made.admin))
    assert [device.may_post_for(one) for one in ("greenhouse-1", "sim-0001", "barn")] == [
        True,
        True,
        False,
    ]
    assert device.scopes == {Scope.INGEST}
    assert admin.may(Scope.ADMIN)


def test_keys_that_are_there_stay(tmp_path: Path) -> None:
    file = tmp_path / "auth" / "auth.yaml"
    first = asyncio.run(make_credentials(file))

    asyncio.run(make_credentials(file))

    assert asyncio.run(Verifier(file).principal_of(first.device)).issuer == "minted"


def test_without_credentials_the_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "auth").write_text("a file where the folder should be")

    with pytest.raises(ServerFailedError, match=r"no credentials: .*auth"):
        asyncio.run(make_credentials(tmp_path / "auth" / "auth.yaml"))
