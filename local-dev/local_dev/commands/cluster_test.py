"""`local-dev/cluster-test`: does what is deployed on a Knative cluster do what it promises there?

The tests are in tests/cluster; they talk to the gateway, and to the cluster through kubectl.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from local_dev.paths import ROOT


def main() -> None:
    """Run the tests marked `cluster` against the cluster of KUBECONFIG; exit as pytest does."""
    given, further = _parser().parse_known_args()
    chosen = {
        "CLUSTER_GATEWAY": given.gateway,
        "CLUSTER_DOMAIN": given.domain,
        "CLUSTER_NAMESPACE": given.namespace,
        "CLUSTER_KAFKA": given.kafka or "",
        "CLUSTER_OVERLAY": given.overlay,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "local-dev")]),
    }
    tests = ["tests/cluster", "-m", "cluster", "-v", *further]
    command = [str(Path(sys.executable).parent / "pytest"), *tests]
    sys.exit(subprocess.run(command, cwd=ROOT, env=os.environ | chosen, check=False).returncode)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="local-dev/cluster-test",
        description="Tests a deployed system: scale from and to zero, load, a rollout, a killed"
        " pod, a bad setting. It changes and restores what it tests: not for production. Further"
        " arguments are pytest's.",
        epilog="The cluster is that of KUBECONFIG; kubectl must be on PATH.",
    )
    add = parser.add_argument
    add("--gateway", required=True, metavar="URL", help="such as http://127.0.0.1:8080")
    add("--domain", default="example.com", help="of the public functions (NAME.NAMESPACE.DOMAIN)")
    add("--namespace", default="telemetry")
    add("--kafka", metavar="HOST:PORT", help="the broker, as reached from here: for poison records")
    add("--overlay", default="knative/overlays/test", help="what was deployed")
    return parser


if __name__ == "__main__":
    main()
