"""What a gateway tells a function about who sent a request."""

from __future__ import annotations

import pytest

from local_dev.serving.gateway import forwarded_for


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", None])
def test_this_machine_reads_metrics_through_the_gateway(peer: str | None) -> None:
    assert forwarded_for(peer) == []


@pytest.mark.parametrize("peer", ["192.0.2.7", "2001:db8::7"])
def test_whoever_comes_over_the_network_is_named_as_behind_queue_proxy(peer: str) -> None:
    """A function gives no metrics to a request with this header."""
    assert forwarded_for(peer) == [f"x-forwarded-for: {peer}".encode()]
