"""`local-dev/cluster-test`: tests what is deployed on a Knative cluster."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from local_dev.commands.command_line import PASS_ON, run
from local_dev.commands.test import status_of


def cluster_test(
    context: typer.Context,
    gateway: Annotated[str, typer.Option(metavar="URL", help="Such as http://127.0.0.1:8080.")],
    domain: Annotated[
        str, typer.Option(metavar="DOMAIN", help="Of the public functions (NAME.NAMESPACE.DOMAIN).")
    ] = "example.com",
    namespace: Annotated[
        str, typer.Option(metavar="NAME", help="Where it was deployed.")
    ] = "telemetry",
    kafka: Annotated[
        str,
        typer.Option(
            metavar="HOST:PORT", help="The broker, reached from here: for poison records."
        ),
    ] = "",
    overlay: Annotated[
        str, typer.Option(metavar="FOLDER", help="What was deployed.")
    ] = "knative/overlays/test",
) -> None:
    """Test a deployed system: scale from and to zero, load, a rollout, a killed pod, a bad setting.

    It changes and restores what it tests: not for production. The cluster is that of KUBECONFIG;
    kubectl must be on PATH. Further arguments are pytest's, and so is the exit code.
    """
    chosen = {
        "CLUSTER_GATEWAY": gateway,
        "CLUSTER_DOMAIN": domain,
        "CLUSTER_NAMESPACE": namespace,
        "CLUSTER_KAFKA": kafka,
        "CLUSTER_OVERLAY": overlay,
    }
    tests = ["tests/cluster", "-m", "cluster", "-v", *context.args]
    sys.exit(status_of(["pytest", *tests], chosen))


if __name__ == "__main__":
    run(cluster_test, context=PASS_ON)
