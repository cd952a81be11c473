"""What the launchers need is in the checkout's environment, whatever the user's settings of pip."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.checkout import Checkout, checkout_in

pytestmark = pytest.mark.timeout(120)

ODD_NAME = 'jürgen, "it\'s" ${HOME}\\ \n [-x]%20'  # each sign alone has broken some program


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the one wheel of a package `tiny`."""
    folder = tmp_path_factory.mktemp("wheels")
    info = "tiny-1.0.dist-info"
    files = {
        "tiny.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": f"tiny.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n",
    }
    with zipfile.ZipFile(folder / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Checkout:
    """Return a checkout with a virtual environment in a folder with an odd name."""
    folder = tmp_path_factory.mktemp(ODD_NAME) / "checkout"
    checkout = checkout_in(folder, root)
    checkout.lock("# nothing\n")
    checkout.up()
    return checkout


@pytest.fixture
def checkout(made: Checkout, wheels: Path) -> Checkout:
    """Return the checkout with a lock that names that package, which is not installed."""
    (wheel,) = wheels.iterdir()
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    made.lock(f"tiny==1.0 \\\n    --hash=sha256:{digest}\n")
    (made.folder / ".venv" / "installed-local").unlink(missing_ok=True)
    for file in made.folder.glob(".venv/lib/*/site-packages/tiny*"):
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    return made


def start(checkout: Checkout, wheels: Path, **environment: str) -> str:
    return checkout.up(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels), **environment)


def has_package(checkout: Checkout) -> bool:
    python = checkout.folder / ".venv" / "bin" / "python"
    return subprocess.run([python, "-I", "-c", "import tiny"], check=False).returncode == 0


ELSEWHERE: Mapping[str, Mapping[str, str]] = {
    "nothing": {},
    "the user's packages": {"PIP_USER": "1"},
    "a target": {"PIP_TARGET": "{elsewhere}"},
    "a prefix": {"PIP_PREFIX": "{elsewhere}"},
    "a root": {"PIP_ROOT": "{elsewhere}"},
    "a dry run": {"PIP_DRY_RUN": "1"},
    "further requirements": {"PIP_REQUIREMENT": "{elsewhere}"},
    "a safe path": {"PYTHONSAFEPATH": "1"},
    "a package on PYTHONPATH": {"PYTHONPATH": "{wheel}"},
}


@pytest.mark.parametrize("settings", ELSEWHERE.values(), ids=list(ELSEWHERE))
def test_what_is_needed_is_installed_into_the_checkout(
    checkout: Checkout, wheels: Path, tmp_path: Path, settings: Mapping[str, str]
) -> None:
    (wheel,) = wheels.iterdir()
    places = {"elsewhere": str(tmp_path / "elsewhere"), "wheel": str(wheel)}

    output = start(checkout, wheels, **{k: v.format(**places) for k, v in settings.items()})

    assert f"in {checkout.folder / '.venv'} with []" in output
    assert has_package(checkout)
    assert not (tmp_path / "elsewhere").exists()


def test_a_setting_that_still_leads_elsewhere_is_named_and_leaves_no_stamp(
    checkout: Checkout, wheels: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "pip.conf"
    settings.write_text(f"[install]\ntarget = {tmp_path / 'elsewhere'}\n")

    refused = start(checkout, wheels, PIP_CONFIG_FILE=str(settings))
    then = start(checkout, wheels)

    assert "but tiny==1.0 is not in" in refused
    assert "`pip config list` shows it" in refused
    assert "with []" not in refused
    assert f"in {checkout.folder / '.venv'} with []" in then
    assert has_package(checkout)


def test_the_path_is_printed_whatever_the_locale(checkout: Checkout, wheels: Path) -> None:
    output = start(checkout, wheels, LC_ALL="POSIX", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")

    assert f"in {checkout.folder / '.venv'} with []" in output


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        (b"a:b", "the checkout's path has the character ':', which ends a path"),
        (b"hello!", "the checkout's path has the character '!', which ends a jar's name"),
        ("😀".encode(), "the checkout's path has the character '😀', which is not found by Java"),
        (b"j\xfcrgen", "the checkout's path has a byte that is not UTF-8"),
    ],
)
def test_a_folder_that_python_cannot_use_is_refused_by_its_character(
    tmp_path: Path, root: Path, name: bytes, complaint: str
) -> None:
    folder = tmp_path / os.fsdecode(name)
    folder.mkdir()
    checkout = checkout_in(folder / "checkout", root)
    checkout.lock("# nothing\n")

    output = checkout.up()

    assert complaint in output
    assert "Traceback" not in output
    assert not (checkout.folder / ".venv").exists()


def test_a_current_directory_elsewhere_by_cdpath_does_not_confuse_it(
    checkout: Checkout, wheels: Path
) -> None:
    output = start(checkout, wheels, CDPATH="/tmp:/")

    assert f"in {checkout.folder / '.venv'} with []" in output


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that every user can enter: pytest's are for their owner only."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def python_of_all() -> str:
    """Return a Python that every user can run."""
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            if subprocess.run([python, "-c", check], user="nobody", check=False).returncode == 0:
                return python
        except OSError:
            continue
    pytest.skip("no Python 3.11 here is for every user")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process as another user")
@pytest.mark.parametrize("place", [".data/cache", ".venv"])
def test_what_belongs_to_root_is_named_to_another_user(
    open_folder: Path, root: Path, python_of_all: str, place: str
) -> None:
    checkout = checkout_in(open_folder / "checkout", root)
    checkout.lock("# nothing\n")
    (checkout.folder / ".venv" / "bin").mkdir(parents=True)
    (checkout.folder / ".venv" / "bin" / "python").symlink_to(python_of_all)
    (checkout.folder / ".data" / "cache").mkdir(parents=True)
    shutil.chown(checkout.folder / ".data" / "cache", "nobody")
    shutil.chown(checkout.folder / place, "root")

    output = checkout.up(user="nobody", PYTHON=python_of_all)

    owned = checkout.folder / place
    assert f"{owned} belongs to root. Give it back with: sudo chown -R nobody" in output
    assert "Traceback" not in output
