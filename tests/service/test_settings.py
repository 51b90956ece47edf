"""Settings: options before environment before file; what is wrong is named."""

from pathlib import Path

import pytest

from service.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_options_go_before_environment_before_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ilium.toml").write_text('site = "file"\nport = 1111\nlive_hz = 10.0\n')
    monkeypatch.setenv("ILIUM_PORT", "2222")
    monkeypatch.setenv("ILIUM_LIVE_HZ", "20")
    settings = load_settings(live_hz=30.0, host=None)
    assert (settings.site, settings.port, settings.live_hz) == ("file", 2222, 30.0)


@pytest.mark.parametrize(
    ("option", "value", "part"),
    [
        ("port", 70000, "less than or equal to 65535"),
        ("site", "Upper Case", "match pattern"),
        ("host", "0.0.0.0", "loopback"),  # noqa: S104
        ("host", "example.org", "loopback"),
        ("rate_hz", 1.0, "greater than or equal to 10"),
        ("no_such_setting", 1, "not permitted"),
    ],
)
def test_what_is_wrong_is_named(option: str, value: object, part: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(**{option: value})
    assert str(caught.value).startswith(f"setting {option}: ")
    assert part in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_is_allowed(host: str) -> None:
    assert load_settings(host=host).host == host


def test_everything_is_kept_below_the_data_folder(folder: Path) -> None:
    settings = load_settings(data_dir=folder / "d")
    assert settings.database == f"sqlite:///{folder / 'd' / 'app.db'}"
    assert settings.spool_dir == folder / "d" / "spool"
    assert settings.recordings_dir == folder / "d" / "recordings"
