"""A long run with drops: six sensors, each link cut every few seconds, losses, echoes and skewed clocks.

``make soak`` (or ``python -m benchmarks.soak --minutes 10 --gateway bluez``) prints one row for each sensor
and fails unless every sensor streams at the end and every gap was counted to the sample. The motion numbers
its own samples, so the truth does not come from the times and counters that are judged.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table

import firmware_profiles
from firmware_profiles import Setup, choose
from firmware_profiles.primitives import Quantity
from sensors.ble import BleAdapter, BleSource
from sensors.encode import EncodedPacket
from sensors.source import DeviceState, DeviceStatus, RawPacket
from sensors.stream import SensorStream
from simulator.air import VirtualLink, gateway_adapter
from simulator.ble_backend import ble_adapter
from simulator.host import Adapter
from simulator.link import LinkModel, LinkState
from simulator.numbered import NumberedMotion, just_before_the_wrap
from simulator.peripheral import VirtualSensor
from simulator.ports import free_port

_OUT = Path(__file__).parent / "out" / "soak.json"
_TAKE_EVERY = 500
_MARGIN_S = 60.0
_PATIENCE_S = 60.0
LINK = LinkModel(jitter_s=0.003, loss=0.01, burst=3.0, drop_every_s=5.0, echo=3)


@dataclass(frozen=True, slots=True)
class SoakPlan:
    """What is run; ``speed`` virtual seconds pass in one of ours."""

    duration_s: float = 600.0
    sensors: int = 6
    adapters: int = 2
    profile: str = "movella_dot"
    link: LinkModel = LINK
    seed: int = 1
    speed: float = 1.0


@dataclass(slots=True)
class Account:
    """One sensor's samples as they came."""

    setup: Setup
    device_id: str
    motion: NumberedMotion
    stream: SensorStream = field(init=False)
    received: int = 0
    first: int | None = None
    last: int = -1
    missing: int = 0
    disordered: int = 0
    wrong: int = 0
    connections: int = 0
    state: DeviceState = DeviceState.FOUND
    waiting: int = 0

    def __post_init__(self) -> None:
        self.stream = SensorStream(self.setup, self.device_id)

    def status(self, status: DeviceStatus) -> None:
        """A new link begins a new clock."""
        if status.state is DeviceState.CONNECTING:
            self.connections += 1
            self.settle()
            self.stream.restart()
        self.state = status.state

    def packet(self, packet: RawPacket) -> None:
        """Take a notification in."""
        self.stream.on_packet(packet.characteristic, packet.payload, packet.arrival_s)
        self.waiting += 1
        if self.waiting >= _TAKE_EVERY:
            self.settle()

    def settle(self) -> None:
        """Compare what waits with the motion."""
        self.waiting = 0
        block = self.stream.take()
        if block is None:
            return
        exact = self.motion.number(Quantity.ACC, block.acc_ms2[:, 0])
        numbers = np.rint(exact).astype(int)
        self.wrong += int((np.abs(exact - numbers) > 0.05).sum())
        steps = np.diff(numbers, prepend=numbers[0] - 1 if self.first is None else self.last)
        self.disordered += int((steps <= 0).sum())
        self.missing += int((steps[steps > 0] - 1).sum())
        self.received += len(numbers)
        self.first = int(numbers[0]) if self.first is None else self.first
        self.last = int(numbers[-1])


@dataclass(frozen=True, slots=True)
class SoakRow:
    """What became of one sensor."""

    sensor: str
    adapter: str
    connections: int
    received: int
    missing: int
    """Samples of the motion that did not come."""
    counted: int
    """Samples that the stream says are missing."""
    echoes: int
    dropped_twice: int
    """Repeated samples that the stream left out."""
    streaming: bool
    ok: bool


class Ledger:
    """A `PacketSink` with an account for each sensor."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self.accounts = {account.device_id: account for account in accounts}
        self.adapters: dict[str, str] = {}

    def packet(self, packet: RawPacket) -> None:
        """A notification arrived."""
        self.accounts[packet.device_id].packet(packet)

    def status(self, status: DeviceStatus) -> None:
        """A sensor changed its state."""
        self.adapters[status.device_id] = status.adapter
        self.accounts[status.device_id].status(status)


async def soak(plan: SoakPlan, gateway: str) -> list[SoakRow]:
    """Run it through our bleak backend (``bumble``) or bleak's own on BlueZ's look-alike (``bluez``)."""
    setup = choose(firmware_profiles.load(plan.profile))
    began_s = time.perf_counter()

    def now_s() -> float:
        return (time.perf_counter() - began_s) * plan.speed

    link = VirtualLink()
    sensors, states, accounts = _crew(plan, setup, link, now_s)
    ledger = Ledger(accounts)
    async with _adapters(plan, link, sensors, gateway) as adapters:
        source = BleSource(now_s, adapters=adapters, seed=plan.seed)
        running = asyncio.ensure_future(source.run(ledger))
        try:
            await asyncio.sleep(plan.duration_s / plan.speed)
            for state in states:
                state.model = replace(state.model, drop_every_s=0.0)
            await _until(lambda: all(_streams(a, s) for a, s in zip(accounts, sensors, strict=True)))
            streaming = [_streams(a, s) for a, s in zip(accounts, sensors, strict=True)]
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    return [
        _row(account, sensor, ledger, streaming=on)
        for account, sensor, on in zip(accounts, sensors, streaming, strict=True)
    ]


def _crew(
    plan: SoakPlan, setup: Setup, link: VirtualLink, now_s: Callable[[], float]
) -> tuple[list[VirtualSensor], list[LinkState], list[Account]]:
    rate_hz = setup.rate_hz()
    motion = NumberedMotion(int((plan.duration_s + _MARGIN_S * plan.speed) * rate_hz), rate_hz)
    sensors, states, accounts = [], [], []
    for number in range(plan.sensors):
        rng = np.random.default_rng((plan.seed, number))
        skew, start_s = (
            float(rng.uniform(-50e-6, 50e-6)),
            just_before_the_wrap(setup, float(rng.uniform(1, 60))),
        )
        packets = motion.packets(setup, skew=skew, device_start_s=start_s)
        states.append(LinkState(plan.link, np.random.default_rng((plan.seed, number, 1))))
        address = f"D4:22:CD:00:50:{number + 1:02X}"
        sensors.append(
            VirtualSensor(
                link, setup.profile, address, partial(_same, packets), radio=states[-1], clock=now_s
            )
        )
        accounts.append(Account(setup, address, motion))
    return sensors, states, accounts


def _same(packets: list[EncodedPacket], _setup: Setup) -> list[EncodedPacket]:
    return packets


@contextlib.asynccontextmanager
async def _adapters(
    plan: SoakPlan, link: VirtualLink, sensors: Sequence[VirtualSensor], gateway: str
) -> AsyncIterator[list[BleAdapter]]:
    budget = -(-plan.sensors // plan.adapters)
    async with contextlib.AsyncExitStack() as stack:
        transports = []
        for index in range(plan.adapters):
            port = free_port()
            await stack.enter_async_context(gateway_adapter(link, port, index))
            transports.append(f"tcp-client:127.0.0.1:{port}")
        for sensor in sensors:
            await sensor.power_on()
        if gateway == "bumble":
            hosts = [Adapter(transport, index=k) for k, transport in enumerate(transports)]
            for host in hosts:
                stack.push_async_callback(host.close)
            yield [ble_adapter(host, budget) for host in hosts]
            return
        from simulator.bluez import as_system_bus  # Linux only

        await stack.enter_async_context(as_system_bus(transports))
        yield [BleAdapter(f"hci{k}", budget) for k in range(plan.adapters)]


def _streams(account: Account, sensor: VirtualSensor) -> bool:
    return account.state is DeviceState.STREAMING and sensor.streaming


async def _until(seen: Callable[[], bool]) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_S):
            while not seen():  # noqa: ASYNC110 - a virtual sensor tells nobody that it streams
                await asyncio.sleep(0.05)


def _row(account: Account, sensor: VirtualSensor, ledger: Ledger, *, streaming: bool) -> SoakRow:
    account.settle()
    stats = account.stream.stats
    exact = stats.lost == account.missing and not account.wrong and not account.disordered
    return SoakRow(
        account.device_id,
        ledger.adapters.get(account.device_id, ""),
        account.connections,
        account.received,
        account.missing,
        stats.lost,
        sensor.transmitter.echoed,
        stats.duplicate + stats.late,
        streaming,
        streaming and exact and account.received > 0,
    )


def main() -> int:
    """Run from the command line; returns the exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=10.0)
    options.add_argument("--gateway", choices=("bluez", "bumble"), default="bluez")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--speed", type=float, default=1.0)
    given = options.parse_args()
    plan = SoakPlan(60.0 * given.minutes, seed=given.seed, speed=given.speed)
    rows = asyncio.run(soak(plan, given.gateway))
    title = (
        f"{given.minutes:g} min, drops every {plan.link.drop_every_s:g} s, seed {plan.seed}, {given.gateway}"
    )
    table = Table(title=title)
    for column in SoakRow.__dataclass_fields__:
        table.add_column(column)
    for row in rows:
        table.add_row(*map(str, asdict(row).values()))
    Console(width=140).print(table)
    _OUT.parent.mkdir(exist_ok=True)
    command = (
        f"python -m benchmarks.soak --minutes {given.minutes:g} --gateway {given.gateway} --seed {plan.seed}"
    )
    _OUT.write_text(json.dumps({"command": command, "rows": [asdict(row) for row in rows]}, indent=1))
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
