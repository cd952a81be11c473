"""How long a reading takes from the device's post to a page that is open, in a real browser.

`python -m tests.bench.live_page` on the system of `local-dev/up`; needs Debian's Chromium.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from typing import Final

import httpx
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.support.plain_http import NO_TLS

DEVICE: Final = "live-page"
WAIT_MS: Final = 20_000
# Notes the time at which each value is first shown, by the same clock as ours.
WATCH: Final = """() => {
  window.seen = {};
  const look = () => {
    const text = document.getElementById("device-values").textContent.match(/[0-9,]+\\.[0-9]+/);
    if (text) window.seen[text[0].replace(",", "")] ??= Date.now();
  };
  const values = document.getElementById("device-values");
  new MutationObserver(look).observe(values, { childList: true, subtree: true });
}"""


def main() -> None:
    """Post one reading after the other, each when the one before is shown; print the times."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.live_page")
    parser.add_argument("--ingest", default="http://127.0.0.1:8001", help="default: %(default)s")
    parser.add_argument("--dashboard", default="http://127.0.0.1:8002", help="default: %(default)s")
    parser.add_argument("--posts", type=int, default=200, help="default: %(default)s")
    options = parser.parse_args()
    with sync_playwright() as started, httpx.Client(verify=NO_TLS) as client:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        post(client, options.ingest, 0.5)
        page.goto(f"{options.dashboard}/?view=device&device={DEVICE}")
        page.wait_for_selector("#state.live", timeout=WAIT_MS)
        page.evaluate(WATCH)
        taken = sorted(shown(page, client, options.ingest, n + 0.25) for n in range(options.posts))
        browser.close()
    p99 = taken[min(len(taken) - 1, round(len(taken) * 0.99))]
    print(f"{len(taken)} posts: p50 {statistics.median(taken):.0f} ms, p99 {p99:.0f} ms")


def shown(page: Page, client: httpx.Client, ingest: str, value: float) -> float:
    """Post a value at some moment; return after how many ms the page has shown it."""
    time.sleep(random.random())
    begun = time.time() * 1000
    post(client, ingest, value)
    page.wait_for_function("(value) => window.seen[value]", arg=f"{value}", timeout=WAIT_MS)
    at: float = page.evaluate("(value) => window.seen[value]", f"{value}")
    return at - begun


def post(client: httpx.Client, ingest: str, value: float) -> None:
    body = {"device_id": DEVICE, "measurements": {"lux": value}}
    client.post(f"{ingest}/ingest", json=body).raise_for_status()


if __name__ == "__main__":
    main()
