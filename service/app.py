"""The whole service: storage, broker, gateway, sources and API, started and stopped together."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import structlog
import uvicorn

from fusion.errors import IliumError
from sensors.source import NOT_CONNECTED, DeviceStatus, SensorSource
from service.api.factory import create_app
from service.broker import embedded_broker
from service.bus import Bus, Message
from service.compiling import ready_kernels
from service.gateway import Assignment, Gateway
from service.lean import settle
from service.mqtt import MqttPublisher, Topics
from service.sensors import sensor_document
from service.settings import Settings
from service.storage.engine import open_engine, upgrade
from service.storage.repository import Repository

log = structlog.get_logger()

_TICK_S = 0.5
_HEALTH_TICKS = 10
"""Sensors' live rate and loss go out with every so many ticks."""


class PortError(IliumError):
    """The API's port cannot be used."""


def unix_clock() -> Callable[[], float]:
    """A clock in Unix seconds that never jumps: the wall clock now, carried on by the monotonic one."""
    offset_s = time.time() - time.perf_counter()
    return lambda: offset_s + time.perf_counter()


class Service:
    """``async with Service(...)``: runs until the block ends; then sessions are closed and archived."""

    def __init__(
        self,
        settings: Settings,
        sources: Sequence[SensorSource],
        assignment: Assignment | None = None,
        *,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock or unix_clock()
        self.bus = Bus()
        self._sources = sources
        self._assignment = assignment or Assignment()
        self._stack = contextlib.AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._acknowledged: list[int] = []
        self.failed: asyncio.Future[None]
        self.mqtt_url: str = ""
        self.api_url: str = ""
        self.gateway: Gateway
        self.repository: Repository
        self.mqtt: MqttPublisher

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        settings = self.settings
        self.failed = asyncio.get_running_loop().create_future()
        listener = _bound_socket(settings.host, settings.port)
        self._stack.callback(listener.close)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        await asyncio.gather(asyncio.to_thread(upgrade, settings.database), ready_kernels())
        self.repository = Repository(open_engine(settings.database))
        self._stack.callback(self.repository.close)
        await self._start_mqtt()
        self._stack.callback(self._save_acknowledged)
        self.gateway = Gateway(settings, self.repository, self.bus, self._assignment, self.clock)
        self.gateway.on_status = self._publish_status
        self.gateway.remember_assignments()
        await self.gateway.recover()
        self._stack.push_async_callback(self._close_sessions)
        await self._start_api(listener)
        settle()
        self._spawn(self._ticking())
        for source in self._sources:
            source.know(self.repository.known_devices())
            self._spawn(source.run(self.gateway))
        self._stack.push_async_callback(self.stop_sources)

    async def _start_mqtt(self) -> None:
        settings = self.settings
        if settings.mqtt_url is None:
            broker = embedded_broker(settings.data_dir / "broker", settings.mqtt_port)
            self.mqtt_url = await self._stack.enter_async_context(broker)
        else:
            self.mqtt_url = settings.mqtt_url
        self.mqtt = MqttPublisher(
            self.mqtt_url,
            Topics(settings.site, settings.gateway_id),
            acknowledged=self._acknowledged.append,
            connected=self._send_again,
        )
        self.bus.listen(self.mqtt.publish)
        self.mqtt.start()
        self._stack.push_async_callback(self.mqtt.stop)

    async def _start_api(self, listener: socket.socket) -> None:
        app = create_app(self)
        server = _Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                ws="websockets-sansio",
                ws_per_message_deflate=False,
                lifespan="off",
                timeout_graceful_shutdown=2,
            )
        )
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            if serving.done():
                serving.result()
            await asyncio.sleep(0.005)
        host, port = listener.getsockname()[:2]
        self.api_url = f"http://{host}:{port}"

        async def stop() -> None:
            server.should_exit = True
            await serving

        self._stack.push_async_callback(stop)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(self._note_failure)
        self._tasks.append(task)

    def _note_failure(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not self.failed.done():
            self.failed.set_exception(error)

    async def identify(self, device_id: str) -> bool:
        """Make a connected sensor show itself; False where it cannot."""
        return any([await source.identify(device_id) for source in self._sources])

    async def reset_heading(self, device_id: str, *, revert: bool = False) -> str | None:
        """Make a streaming sensor's own heading zero, or take that back; None when done, else why not."""
        reasons = [await source.reset_heading(device_id, revert=revert) for source in self._sources]
        if None in reasons:
            return None
        return next((r for r in reasons if r != NOT_CONNECTED), NOT_CONNECTED)

    async def run_for(self, duration_s: float | None = None) -> None:
        """Run for a while or until a source fails, whose error is raised."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self.failed), duration_s)

    async def run_until(self, event: asyncio.Event) -> None:
        """Run until ``event`` is set or a source fails, whose error is raised."""
        waiting = asyncio.ensure_future(event.wait())
        self.failed.add_done_callback(lambda _: waiting.cancel())
        try:
            await waiting
        except asyncio.CancelledError:
            if not self.failed.done():
                raise
            self.failed.result()

    async def _ticking(self) -> None:
        for tick in itertools.count(1):
            await asyncio.sleep(_TICK_S)
            if tick % _HEALTH_TICKS == 0:
                for status in self.gateway.devices.values():
                    self._publish_status(status)
            self.gateway.tick()
            await asyncio.to_thread(self._save_acknowledged)  # it waits for the disk

    def _save_acknowledged(self) -> None:
        done = self._acknowledged[:]
        del self._acknowledged[: len(done)]
        if done:
            self.repository.acknowledge(done)

    def _send_again(self) -> None:
        """After a (re)connect: what the broker never confirmed, and the sessions' retained state."""
        for event_id, athlete_id, topic, body in self.repository.unacknowledged():
            self.mqtt.publish(Message(topic, athlete_id, body | {"id": event_id}, event_id=event_id))

    def _publish_status(self, status: DeviceStatus) -> None:
        self.mqtt.state(f"sensor/{status.device_id}/status", sensor_document(self.gateway, status))

    async def stop_sources(self) -> None:
        """Hang up on all sensors: no packet comes from here on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.failed.done():
            self.failed.exception()

    async def _close_sessions(self) -> None:
        for athlete_id in list(self.gateway.sessions):
            await self.gateway.close(athlete_id)


class _Server(uvicorn.Server):
    """uvicorn inside our own loop: signals are ours."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _bound_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortError(f"port {port} on {host} is in use; choose another with --port") from error
    return listener
