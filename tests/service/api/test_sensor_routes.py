"""Sensors over the API: blinking, checking and swapping, and what is refused with a reason."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from sensors.replay import ReplayClock
from service.app import Service
from service.settings import load_settings
from tests.service.recorded import ATHLETE, START_S, source_of, worn


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A service that replays a set in real time."""
    clock = ReplayClock(START_S)
    source = source_of(reps=1, clock=clock)
    settings = load_settings(data_dir=tmp_path, port=0)
    async with (
        Service(settings, [source], worn(), clock=clock) as service,
        httpx.AsyncClient(base_url=f"{service.api_url}/api/v1", timeout=60.0) as client,
    ):
        await service.run_until(source.finished)
        yield client


async def test_sensors_are_told_blinked_checked_and_swapped_or_refused_with_a_reason(
    http: httpx.AsyncClient,
) -> None:
    seen = {s["device_id"]: s for s in (await http.get("/sensors")).json()}
    assert seen["pelvis"]["segment"] == "pelvis"
    assert seen["pelvis"]["reasons"] == []

    assert (await http.post("/sensors/nobody/identify")).status_code == 404
    still = await http.post("/sensors/pelvis/identify")
    assert (still.status_code, still.json()["detail"]) == (
        409,
        "pelvis does not blink: it is not connected",
    )

    assert (await http.post("/sensors/nobody/heading-reset")).status_code == 404
    kept = await http.post("/sensors/pelvis/heading-reset", params={"revert": True})
    assert (kept.status_code, kept.json()["detail"]) == (
        409,
        "pelvis keeps its heading: it is not connected",
    )

    lonely = await http.post("/athletes/berta/placement-check", json={"movement": "bow"})
    assert lonely.status_code == 422
    assert "a check needs two" in lonely.json()["detail"]
    unknown = await http.post(f"/athletes/{ATHLETE}/placement-check", json={"movement": "dance"})
    assert (unknown.status_code, "lift_right_knee" in unknown.text) == (422, True)
    silent = await http.post(
        f"/athletes/{ATHLETE}/placement-check", json={"movement": "lift_right_knee", "duration_s": 2.0}
    )
    assert silent.json()["verdict"] == "unclear"
    assert "nothing came from the pelvis sensor (pelvis)" in silent.json()["messages"]

    swap = {"one": "pelvis", "other": "thigh_right"}
    assert (await http.post(f"/athletes/{ATHLETE}/swap", json=swap)).status_code == 204
    seen = {s["device_id"]: s for s in (await http.get("/sensors")).json()}
    assert (seen["pelvis"]["segment"], seen["thigh_right"]["segment"]) == ("thigh_right", "pelvis")
    stranger = await http.post(f"/athletes/{ATHLETE}/swap", json=swap | {"other": "nobody"})
    assert stranger.status_code == 404
