"""The page follows what changes, says at once where it does not, and misses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from shared.mongo.collections import ALERTS, DEAD_LETTERS, DEVICES
from tests.browser.fleet_data import fill, now, opened, seen
from tests.contract.dashboard.documents import dead_letter

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Dashboard

pytestmark = [pytest.mark.database, pytest.mark.timeout(300)]


@pytest.fixture
def filled(dashboard: Dashboard) -> Dashboard:
    fill(dashboard.stored)
    return dashboard


def is_live(page: Any) -> None:
    page.wait_for_selector("#state.live", timeout=20_000)


def shows(page: Any, selector: str, text: str) -> None:
    script = "([where, text]) => document.querySelector(where).textContent.includes(text)"
    page.wait_for_function(script, arg=[selector, text], timeout=20_000)


def test_an_alert_shows_as_it_comes(filled: Dashboard, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{filled.url}/?view=alerts")
    is_live(page)

    filled.stored[ALERTS].insert_one(opened(50, message="it burns"))

    shows(page, "#alert-rows", "it burns")


def test_a_value_changes_as_it_comes(filled: Dashboard, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{filled.url}/?view=devices&search=boiler-1")
    is_live(page)

    filled.stored[DEVICES].replace_one(
        {"_id": "boiler-1"}, seen("boiler-1", 0, temperature_c=47.11)
    )

    shows(page, "#device-rows", "47.11")


def test_the_view_of_a_device_follows_that_device(
    filled: Dashboard, open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{filled.url}/?view=device&device=boiler-2")
    is_live(page)
    stale = page.inner_text("#device-seen")

    filled.stored[DEVICES].replace_one({"_id": "boiler-2"}, seen("boiler-2", 0, lux=815))

    shows(page, "#device-values", "815")
    assert "stale" in stale
    assert "online" in page.inner_text("#device-seen")


def test_a_dead_letter_shows_as_it_comes(filled: Dashboard, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{filled.url}/?view=letters")
    is_live(page)

    letter = dead_letter(77, 0, reason="too_late", dead_lettered_at=now())
    filled.stored[DEAD_LETTERS].insert_one(letter)

    shows(page, "#cause-rows", "too_late")


def test_a_lost_connection_is_told_at_once_and_nothing_is_missed(
    filled: Dashboard, open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{filled.url}/?view=alerts")
    is_live(page)

    filled.kill()
    page.wait_for_selector("#state.away", timeout=2_000)
    told = page.inner_text("#state")
    filled.stored[ALERTS].insert_one(opened(60, message="while it was away"))
    filled.start()

    shows(page, "#alert-rows", "while it was away")
    is_live(page)
    assert told == "Connection lost. Trying again."


def test_an_alert_is_acknowledged_with_a_comment(
    filled: Dashboard, open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{filled.url}/?view=alerts&device=boiler-1")
    is_live(page)

    page.locator("#alert-rows button", has_text="Acknowledge").click()
    page.fill("#acknowledge [name=comment]", "on my way")
    page.fill("#acknowledge [name=actor]", "ada")
    page.keyboard.press("Enter")

    shows(page, "#alert-rows", "ada: on my way")
    shows(page, "#alert-rows", "acknowledged")


def test_alerts_of_a_device_are_silenced(filled: Dashboard, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{filled.url}/?view=alerts")
    is_live(page)

    page.locator("#alert-rows button", has_text="Silence").last.click()
    page.fill("#silence-form [name=comment]", "new heating")
    page.click("#silence-form button[type=submit]")

    shows(page, "#silence-rows", "new heating")


def test_dead_letters_of_a_cause_are_sent_again(
    filled: Dashboard, open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{filled.url}/?view=letters")
    is_live(page)

    page.click("#cause-rows button[aria-label='Send again: aggregate, invalid_reading']")

    shows(page, "#redriven", "3 go back at the next tick")
    shows(page, "#letter-rows", "asked for by anonymous")
    asked = filled.stored[DEAD_LETTERS].count_documents({"redrive_requested.actor": "anonymous"})
    assert asked == 3


def test_a_page_that_is_paused_changes_no_more_until_it_goes_on(
    filled: Dashboard, open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{filled.url}/?view=alerts")
    is_live(page)

    page.click("#pause")
    filled.stored[ALERTS].insert_one(opened(70, message="meanwhile"))
    page.wait_for_timeout(3_000)
    paused = page.inner_text("#alert-rows")
    page.click("#pause")

    shows(page, "#alert-rows", "meanwhile")
    assert "meanwhile" not in paused
