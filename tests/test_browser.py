"""What a watched page counts as a failed request."""

from tests.browser import watched_page

PAGE = "<title>page</title><img src='http://book.test/slow.png'>"


def visit(page, slow):
    """Open a page whose picture is `slow` to come, and another page as soon as it is asked for."""
    page.route(
        "http://book.test/**", lambda route: route.fulfill(content_type="text/html", body=PAGE)
    )
    page.route("**/slow.png", slow)
    with page.expect_request("**/slow.png"):
        page.goto("http://book.test/first", wait_until="commit")
    page.goto("http://book.test/second", wait_until="commit")


def test_leaving_a_page_is_no_fault(browser):
    with watched_page(browser, home="http://book.test") as (page, seen):
        visit(page, slow=lambda route: None)
        seen.assert_clean()


def test_a_request_that_fails_is_one(browser):
    with watched_page(browser, home="http://book.test") as (page, seen):
        with page.expect_event("requestfailed"):
            visit(page, slow=lambda route: route.abort("connectionrefused"))
        assert "http://book.test/slow.png" in seen.failed_requests
