from __future__ import annotations

from playwright.sync_api import Browser, Page


def test_the_browser_runs_scripts_and_shows_their_effect(page: Page) -> None:
    page.set_content("<p>before</p><script>document.querySelector('p').textContent = 'after'</script>")
    assert page.inner_text("p") == "after"


def test_contexts_share_no_cookie(browser: Browser) -> None:
    first, second = browser.new_context(), browser.new_context()
    first.add_cookies([{"name": "a", "value": "b", "url": "http://localhost/"}])
    assert first.cookies()
    assert second.cookies() == []
    first.close()
    second.close()
