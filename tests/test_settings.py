"""The configuration as the environment gives it."""

from collections.abc import Callable

import pytest

from bot.settings import SettingsError, get_settings

Configure = Callable[..., None]


@pytest.mark.parametrize("written", ["https://a.it,https://b.it", " https://a.it , https://b.it "])
def test_the_allowed_sites_are_a_list_with_commas(configure: Configure, written: str) -> None:
    configure(allowed_origins=written)
    assert get_settings().allowed_origins == ("https://a.it", "https://b.it")


@pytest.mark.parametrize(
    ("name", "value"),
    [("http_port", "0"), ("rasa_port", "x"), ("notice_after", "-1"), ("trusted_proxies", "9"), ("log_level", "LOUD")],
)
def test_a_wrong_value_is_refused_with_the_name_of_its_variable(configure: Configure, name: str, value: str) -> None:
    configure(**{name: value})
    with pytest.raises(SettingsError, match=f"SPORTELLO_{name.upper()}: "):
        get_settings()


def test_the_password_of_the_database_is_not_shown(monkeypatch: pytest.MonkeyPatch, configure: Configure) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:segreta@host/base")
    configure(http_port=18080)
    assert "segreta" not in repr(get_settings())


def test_the_clock_is_not_set_where_real_people_are_reached(configure: Callable[..., None]) -> None:
    configure(now="2026-03-02T09:00", telegram_token="123:abc")  # noqa: S106
    with pytest.raises(SettingsError, match=r"SPORTELLO_NOW.*Telegram"):
        get_settings()
    configure(telegram_api_url="http://127.0.0.1:9999")
    assert get_settings().now is not None
