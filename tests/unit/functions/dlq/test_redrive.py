"""The command that redrives dead letters refuses wrong settings before it connects."""

import pytest

from functions.dlq.redrive import main


@pytest.mark.parametrize("variable", ["MONGO_URL", "KAFKA_SECURITY_PROTOCOL"])
def test_a_wrong_setting_ends_it_with_2_and_its_name(
    variable: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--dry-run"], {variable: "wrong"}) == 2
    assert variable in capsys.readouterr().err
