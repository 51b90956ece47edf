"""Profiles as the settings want them: another mode or rate, kept with what is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_profiles import ProfileError, choose
from service.profiles import known_profiles
from service.settings import load_settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_settings_choose_mode_and_rate_of_a_kind_of_sensor(folder: Path) -> None:
    (folder / "ilium.toml").write_text('[sensors.movella_dot]\nmode = "rate_mag"\nrate_hz = 30\n')
    known = {p.id: p for p in known_profiles(load_settings())}
    setup = choose(known["movella_dot"])
    assert (setup.mode.id, setup.rate_hz()) == ("rate_mag", 30.0)
    assert choose(known["movesense"]).rate_hz() == 104.0


@pytest.mark.parametrize(
    ("sensors", "message"),
    [
        ({"nokia": {}}, "setting sensors.nokia: no such profile; there are "),
        ({"movella_dot": {"mode": "warp"}}, "setting sensors.movella_dot: movella_dot: no mode 'warp'"),
        (
            {"movella_dot": {"rate_hz": 61}},
            "setting sensors.movella_dot: movella_dot: rate_hz 61 is not offered",
        ),
        ({"movella_dot": {"rate_hz": "fast"}}, "setting sensors.movella_dot: could not convert"),
    ],
)
def test_what_is_not_offered_is_named(sensors: dict[str, dict[str, str | float]], message: str) -> None:
    with pytest.raises(ProfileError) as caught:
        known_profiles(load_settings(sensors=sensors))
    assert message in str(caught.value)
