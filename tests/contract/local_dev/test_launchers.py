"""The launchers make the environment once, with the real pip, and then only run the command."""

import shutil
from pathlib import Path

import pytest

from tests.support.checkout import Checkout, checkout_in

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Checkout:
    return checkout_in(tmp_path_factory.mktemp("projects") / "a checkout", root)


def test_a_first_start_installs_and_the_next_only_runs(checkout: Checkout) -> None:
    checkout.lock("# nothing\n")
    shutil.rmtree(checkout.folder / ".venv", ignore_errors=True)

    first = checkout.up("--demo", "a b")
    second = checkout.up()

    assert "making the virtual environment" in first
    assert f"in {checkout.folder / '.venv'} with ['--demo', 'a b']" in first
    assert second == f"in {checkout.folder / '.venv'} with []\n"


def test_a_changed_lock_is_installed_into_the_same_environment(checkout: Checkout) -> None:
    checkout.lock("# nothing\n")
    checkout.up()
    checkout.lock("# nothing else\n")

    output = checkout.up()

    assert "installing" in output
    assert "making the virtual environment" not in output


def test_a_package_without_a_locked_hash_is_not_installed(checkout: Checkout) -> None:
    checkout.lock("ghost==1.0\n")

    output = checkout.up(PIP_NO_INDEX="1")

    assert "pip could not install what is needed" in output
    assert "with []" not in output


def test_without_a_python_that_is_new_enough_it_says_what_to_do(
    checkout: Checkout, tmp_path: Path
) -> None:
    dirname = shutil.which("dirname")
    assert dirname is not None
    (tmp_path / "dirname").symlink_to(dirname)

    output = checkout.up(PATH=str(tmp_path), PYTHON="no-such-python")

    assert output.startswith("Python 3.11 or newer is needed")
