"""What looks for violations finds them, in shadow roots too."""

import pytest
from browser import assert_accessible
from playwright.async_api import Browser

pytestmark = pytest.mark.browser

HEAD = "<html lang=it><head><title>Prova</title></head><body><main><h1>Prova</h1>"
HIDDEN = "<div id=host></div><script>host.attachShadow({mode: 'open'}).innerHTML = '<img src=x.png>'</script>"


@pytest.mark.parametrize("fault", ["<img src=x.png>", "<p style='color:#bbb'>chiaro su bianco</p>", HIDDEN])
async def test_a_violation_is_found(browser: Browser, fault: str) -> None:
    page = await browser.new_page()
    await page.set_content(HEAD)
    await assert_accessible(page)
    await page.set_content(HEAD + fault)
    with pytest.raises(AssertionError, match=r"image-alt|color-contrast"):
        await assert_accessible(page)
