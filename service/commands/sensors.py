"""``ilium sensors``: the sensors of a running gateway: which is which, and who wears them where."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion.errors import IliumError, InputError

if TYPE_CHECKING:
    from firmware_profiles import Profile
    from sensors.ble import BleAdapter, SyncOutcome

app = typer.Typer(
    no_args_is_help=True, help="Sensors of a running gateway: which is which, and who wears them."
)

Url = Annotated[str | None, typer.Option(help="The gateway's address; by default that of the settings.")]
Device = Annotated[str, typer.Argument(help="As in `ilium sensors list`.")]
_MARGIN_S = 10.0
_REFUSED = 400


class GatewayError(IliumError):
    """The gateway does not answer, or says no."""


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="sensors")


@app.command("list")
def list_sensors(
    url: Url = None, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Sensors that the gateway has seen, and how they are doing."""
    seen = _ask(url, "GET", "sensors")
    if as_json:
        typer.echo(json.dumps([{"id": s["device_id"], **s} for s in seen]))
        return
    for s in seen:
        battery = "–" if s["battery_percent"] is None else f"{s['battery_percent']} %"
        place = f"{s['athlete_id']}: {s['segment']}" if s["segment"] else "worn by nobody"
        typer.echo(f"{s['device_id']}  {s['state']:10} {battery:>5}  {place:28} {s['name']}")
        for reason in s["reasons"]:
            typer.echo(f"    {reason}")


@app.command()
def blink(
    device_id: Annotated[str, typer.Argument(help="As in `ilium sensors list`.")], url: Url = None
) -> None:
    """Make a connected sensor blink, to see which one it is."""
    _ask(url, "POST", f"sensors/{device_id}/identify")


@app.command("heading-reset")
def heading_reset(
    device_id: Device,
    revert: Annotated[bool, typer.Option("--revert", help="Take an earlier reset back.")] = False,
    url: Url = None,
) -> None:
    """Make the heading that a streaming sensor itself reckons zero where it now points."""
    _ask(url, "POST", f"sensors/{device_id}/heading-reset", query=f"revert={str(revert).lower()}")


@app.command()
def sync(
    addresses: Annotated[list[str], typer.Argument(help="As in `ilium scan`; the first leads the others.")],
    duration: Annotated[float, typer.Option(min=0.5, max=120.0, help="Seconds to look for them.")] = 5.0,
    adapter: Annotated[
        list[str] | None, typer.Option(help="Bluetooth adapter to use, such as hci1; may be given again.")
    ] = None,
) -> None:
    """Have sensors synchronise their clocks by radio; no gateway may be connected to them meanwhile."""
    import asyncio

    from service.profiles import known_profiles
    from service.running import adapters_of
    from service.settings import load_settings

    settings = load_settings(adapters=adapter)
    outcomes = asyncio.run(_synchronise(addresses, duration, adapters_of(settings), known_profiles(settings)))
    for outcome in outcomes:
        typer.echo(f"{outcome.device_id}  {outcome.trouble or 'synchronised'}")
    if any(outcome.trouble for outcome in outcomes):
        raise typer.Exit(1)


async def _synchronise(
    addresses: Sequence[str], duration_s: float, adapters: Sequence[BleAdapter], profiles: Sequence[Profile]
) -> list[SyncOutcome]:
    from sensors.ble import scan, synchronise

    seen = {s.device_id.upper(): s for s in await scan(duration_s, adapters=adapters, profiles=profiles)}
    missing = [a for a in addresses if a.upper() not in seen]
    if missing:
        raise InputError(
            f"not in range: {', '.join(missing)}; wake them by moving them, stop a gateway that holds them"
        )
    return await synchronise([seen[a.upper()] for a in addresses], adapters)


@app.command()
def wear(
    device_id: Device,
    segment: Annotated[str, typer.Argument(help="pelvis, thigh_right, thigh_left, …")],
    exercise: Annotated[str, typer.Option(help="What the athlete is going to do.")],
    athlete: Annotated[str, typer.Option(help="Pseudonymous id of who wears it.")] = "athlete-1",
    url: Url = None,
) -> None:
    """Say where a sensor is worn; remembered for next time."""
    body = {"athlete_id": athlete, "segment": segment, "exercise": exercise}
    _ask(url, "PUT", f"sensors/{device_id}/assignment", body)


@app.command()
def check(
    movement: Annotated[str, typer.Argument(help="lift_right_knee, lift_left_knee or bow.")],
    athlete: Annotated[str, typer.Option(help="Who wears the sensors.")] = "athlete-1",
    duration: Annotated[float, typer.Option(min=2.0, max=30.0, help="Seconds for the movement.")] = 6.0,
    swap: Annotated[bool, typer.Option("--swap", help="Exchange the places of swapped sensors.")] = False,
    url: Url = None,
) -> None:
    """Find swapped sensors: the athlete does the movement while the gateway listens."""
    from sensors.placement_check import Movement

    if movement in set(Movement):
        typer.echo(Movement(movement).words)
    request = {"movement": movement, "duration_s": duration}
    found = _ask(url, "POST", f"athletes/{athlete}/placement-check", request, duration + _MARGIN_S)
    for line in found["messages"]:
        typer.echo(line)
    if swap:
        for one, other in found["swaps"]:
            _ask(url, "POST", f"athletes/{athlete}/swap", {"one": one, "other": other})
            typer.echo(f"{one} and {other} have exchanged their places")
    elif found["verdict"] != "ok":
        raise typer.Exit(1)


def _ask(
    url: str | None,
    method: str,
    path: str,
    body: dict[str, Any] | None = None,
    patience_s: float = _MARGIN_S,
    query: str = "",
) -> Any:
    """The gateway's answer. Raises `GatewayError` with its reason."""
    from http.client import HTTPConnection, HTTPException
    from urllib.parse import quote, urlsplit

    from service.settings import load_settings

    settings = load_settings()
    base = url or f"http://{settings.host}:{settings.port}"
    parts = urlsplit(base)
    if parts.scheme != "http" or parts.hostname is None:
        raise GatewayError(f"--url {base!r}: must be http://HOST:PORT")
    connection = HTTPConnection(parts.hostname, parts.port, timeout=patience_s)
    try:
        content = None if body is None else json.dumps(body)
        where = f"/api/v1/{quote(path)}?{query}"
        connection.request(method, where, content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, HTTPException) as error:
        raise GatewayError(f"no gateway at {base} ({error}); start one with: ilium run") from error
    finally:
        connection.close()
    if answer.status >= _REFUSED:
        raise GatewayError(_detail(text, answer.status))
    return json.loads(text) if text else None


def _detail(answer: bytes, status: int) -> str:
    try:
        return str(json.loads(answer)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the gateway answered with status {status}"
