"""Where packets arrive: to the session of whoever wears the sensor, opened at the first packet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog

from firmware_profiles import Profile
from fusion.errors import FusionError
from fusion.pipeline import PipelineConfig
from fusion.summary import Document
from fusion.types import Segment
from sensors.source import DeviceState, DeviceStatus, RawPacket
from sensors.stream import StreamHealth
from service.batteries import Batteries
from service.bus import Bus, Message
from service.profiles import known_profiles
from service.session import AthleteSession, SessionFacts
from service.settings import Settings
from service.storage.engine import StorageError
from service.storage.recordings import RecordingFile, archive
from service.storage.repository import Repository
from service.storage.spool import Spool, last_arrival_s, read_spool, remove_spool

log = structlog.get_logger()

_USUAL_PROFILE = "movella_dot"
"""Of a sensor that was assigned before anything was heard of it."""


@dataclass(slots=True)
class Assignment:
    """Who wears what, and what each is going to do."""

    sensors: dict[str, tuple[str, Segment]] = field(default_factory=dict)
    """device_id → (athlete, segment)."""
    exercises: dict[str, str] = field(default_factory=dict)
    """athlete → exercise id."""
    stands_s: dict[str, tuple[float, float]] = field(default_factory=dict)
    """athlete → when they stand still in the session's time, where that is known."""

    def worn_by(self, athlete_id: str) -> dict[str, Segment]:
        """device_id → segment of one athlete."""
        return {d: segment for d, (a, segment) in self.sensors.items() if a == athlete_id}


class Gateway:
    """A `PacketSink`; also opens, reopens and closes sessions."""

    def __init__(
        self,
        settings: Settings,
        repository: Repository,
        bus: Bus,
        assignment: Assignment,
        clock: Callable[[], float],
    ) -> None:
        self._settings, self._repository, self._bus = settings, repository, bus
        self._clock = clock
        self.assignment = assignment
        self.devices: dict[str, DeviceStatus] = {}
        self.sessions: dict[str, AthleteSession] = {}
        """athlete → open session."""
        self._known = {profile.id: profile for profile in known_profiles(settings)}
        self._profiles: dict[str, Profile] = {}
        self._refused: set[str] = set()
        self.packets_received = self.packets_unassigned = 0
        self.batteries = Batteries()
        self._taps: list[Callable[[RawPacket], None]] = []
        self.on_status: Callable[[DeviceStatus], None] = lambda _status: None

    # --- PacketSink

    def packet(self, packet: RawPacket) -> None:
        """A notification arrived."""
        self.packets_received += 1
        for tap in self._taps:
            tap(packet)
        session = self._session_of(packet.device_id)
        if session is None:
            self.packets_unassigned += 1
            return
        session.packet(packet)

    def status(self, status: DeviceStatus) -> None:
        """A sensor changed its state."""
        self.devices[status.device_id] = status
        if status.profile is not None:
            self._profiles[status.device_id] = status.profile
        if status.state is DeviceState.CONNECTING:
            self._restart_stream(status)
        log.info("sensor", device=status.device_id, state=status.state.value, reason=status.reason or None)
        self._warn_of_battery(status)
        self.on_status(status)

    def _warn_of_battery(self, status: DeviceStatus) -> None:
        line = self.batteries.update(status)
        if line is None:
            return
        athlete_id, _ = self.assignment.sensors.get(status.device_id, ("", None))
        body = {"event": "warning", "code": "battery_low", "message": line, "device_id": status.device_id}
        self._bus.publish(Message("alert", athlete_id, body | {"athlete_id": athlete_id}))

    def _restart_stream(self, status: DeviceStatus) -> None:
        athlete_id, _ = self.assignment.sensors.get(status.device_id, ("", None))
        session = self.sessions.get(athlete_id)
        if session is not None and status.device_id in session.stats:
            session.restart_stream(status.device_id, max(status.t_s, session.last_arrival_s))

    def assign(self, device_id: str, athlete_id: str, segment: Segment, exercise: str) -> None:
        """Remember where a sensor is worn and what its wearer is going to do."""
        status = self.devices[device_id]
        profile = self._profile(device_id).id
        self._repository.ensure_athlete(athlete_id)
        self._repository.remember_device(device_id, status.name, profile, athlete_id, segment.value)
        for other, place in list(self.assignment.sensors.items()):
            if place == (athlete_id, segment):
                del self.assignment.sensors[other]
        self.assignment.sensors[device_id] = (athlete_id, segment)
        self.assignment.exercises[athlete_id] = exercise
        self._refused.discard(athlete_id)

    def swap(self, one: str, other: str) -> None:
        """Two sensors wear each other's place from now on."""
        places = self.assignment.sensors
        places[one], places[other] = places[other], places[one]
        for device_id in (one, other):
            athlete_id, segment = places[device_id]
            name = self.devices[device_id].name if device_id in self.devices else ""
            profile = self._profile(device_id).id
            self._repository.remember_device(device_id, name, profile, athlete_id, segment.value)

    def profiles_of(self, devices: Iterable[str]) -> dict[str, Profile]:
        """Profiles of the devices whose profile is known."""
        return {device: self._profiles[device] for device in devices if device in self._profiles}

    def health(self, device_id: str) -> StreamHealth | None:
        """Rate and loss of the last seconds of a sensor in an open session."""
        athlete_id, _ = self.assignment.sensors.get(device_id, ("", None))
        session = self.sessions.get(athlete_id)
        return session.health(device_id, self._clock()) if session else None

    @contextmanager
    def tapped(self, listener: Callable[[RawPacket], None]) -> Iterator[None]:
        """Also hand every packet to ``listener`` while the block runs; it must return at once."""
        self._taps.append(listener)
        try:
            yield
        finally:
            self._taps.remove(listener)

    # --- sessions

    def _session_of(self, device_id: str) -> AthleteSession | None:
        worn = self.assignment.sensors.get(device_id)
        if worn is None:
            return None
        athlete_id, _ = worn
        return self.sessions.get(athlete_id) or self._open(athlete_id)

    def _open(self, athlete_id: str) -> AthleteSession | None:
        exercise = self.assignment.exercises.get(athlete_id)
        if exercise is None or athlete_id in self._refused:
            return None
        segments = self.assignment.worn_by(athlete_id)
        started_s = self._clock()
        started_at = datetime.fromtimestamp(started_s, UTC)
        try:
            self._config(athlete_id, segments, exercise)
            self._remember(athlete_id, segments)
            named = {device_id: segment.value for device_id, segment in segments.items()}
            session_id = self._repository.open_session(athlete_id, exercise, started_at, named)
            session = self._start(session_id, athlete_id, exercise, started_s, segments)
            session.note_choices()
        except (FusionError, StorageError) as error:
            self._refused.add(athlete_id)
            log.error("no session", athlete=athlete_id, reason=str(error))
            body = {"event": "warning", "code": "no_session", "message": str(error)}
            self._bus.publish(Message("alert", athlete_id, body))
            return None
        self._announce(session, "open")
        return session

    def _remember(self, athlete_id: str, segments: Mapping[str, Segment]) -> None:
        self._repository.ensure_athlete(athlete_id)
        for device_id, segment in segments.items():
            name = self.devices[device_id].name if device_id in self.devices else ""
            profile = self._profile(device_id).id
            self._repository.remember_device(device_id, name, profile, athlete_id, segment.value)

    def _config(
        self,
        athlete_id: str,
        segments: Mapping[str, Segment],
        exercise: str,
        held_at: datetime | None = None,
    ) -> PipelineConfig:
        """``held_at``: judge by the person's references of that time, not by what was learnt since."""
        return PipelineConfig(
            segments,
            exercise,
            rate_hz=self._settings.rate_hz,
            estimator=self._settings.estimator,
            stand_s=self._settings.stand_s,
            stand_between_s=self.assignment.stands_s.get(athlete_id),
            references=self._repository.coaching.present_references(athlete_id, held_at),
        )

    def _start(
        self,
        session_id: str,
        athlete_id: str,
        exercise: str,
        started_s: float,
        segments: Mapping[str, Segment],
        *,
        held_at: datetime | None = None,
    ) -> AthleteSession:
        profiles = {d: self._profile(d) for d in segments}
        facts = SessionFacts(session_id, athlete_id, exercise, started_s, segments, profiles)
        spool = Spool(self._spool_path(session_id), self._clock, self._settings.spool_commit_s)
        session = AthleteSession(
            facts,
            spool,
            self._repository,
            self._bus.publish,
            self._config(athlete_id, segments, exercise, held_at),
            live_hz=self._settings.live_hz,
        )
        self.sessions[athlete_id] = session
        return session

    def _profile(self, device_id: str) -> Profile:
        return self._profiles.get(device_id) or self._known[_USUAL_PROFILE]

    def _spool_path(self, session_id: str) -> Path:
        return self._settings.spool_dir / f"{session_id}.sqlite"

    def _announce(self, session: AthleteSession, state: str) -> None:
        body: Document = session.status() | {"event": f"session_{state}", "state": state}
        self._bus.publish(Message("session", session.facts.athlete_id, body))

    def remember_assignments(self) -> None:
        """Sensors are worn as last time, unless somebody said otherwise."""
        for device_id, profile in self._repository.device_profiles().items():
            if profile in self._known:
                self._profiles[device_id] = self._known[profile]
        taken = set(self.assignment.sensors.values())
        for device_id, (athlete_id, name) in self._repository.assignments().items():
            place = (athlete_id, Segment(name))
            if place not in taken:
                self.assignment.sensors.setdefault(device_id, place)

    async def recover(self) -> None:
        """Go on with sessions that a crash left open, or close those that are too old for it."""
        for row in self._repository.open_sessions():
            path = self._spool_path(row["id"])
            last_s = last_arrival_s(path) if path.exists() else None
            if last_s is None:
                self._repository.close_session(row["id"], datetime.now(UTC), [])
                continue
            session = self._reopen(row)
            if self._clock() - last_s > self._settings.reopen_within_s:
                await self.close(session.facts.athlete_id)

    def _reopen(self, row: Document) -> AthleteSession:
        segments = {d: Segment(name) for d, name in row["segments"].items()}
        athlete_id, exercise = row["athlete_id"], row["exercise"]
        for device_id, segment in segments.items():
            self.assignment.sensors.setdefault(device_id, (athlete_id, segment))
        self.assignment.exercises.setdefault(athlete_id, exercise)
        started_s = datetime.fromisoformat(row["started_at"]).replace(tzinfo=UTC).timestamp()
        held_at = datetime.fromtimestamp(started_s, UTC)
        session = self._start(row["id"], athlete_id, exercise, started_s, segments, held_at=held_at)
        session.recover(read_spool(self._spool_path(row["id"])))
        log.info("session goes on", session=row["id"], reps=session.reps_counted)
        return session

    async def close(self, athlete_id: str) -> str | None:
        """End an athlete's session: last set, recordings, row. Returns its id."""
        session = self.sessions.pop(athlete_id, None)
        if session is None:
            return None
        session.finish()
        session.spool.close()
        facts = session.facts
        files: list[RecordingFile] = []
        try:
            files = await archive(session.spool.path, self._settings.recordings_dir / facts.id)
            remove_spool(session.spool.path)
        except StorageError as error:
            log.error("recording stays in the spool", session=facts.id, reason=str(error))
        known = [(f, facts.profiles[f.device_id].id, facts.profiles[f.device_id].version) for f in files]
        self._repository.close_session(facts.id, datetime.now(UTC), known)
        self._repository.coaching.learn_from_session(facts.id)
        self._announce(session, "closed")
        return facts.id

    def tick(self) -> None:
        """Commit what waits, also when no packet comes."""
        for session in self.sessions.values():
            try:
                session.spool.commit()
            except StorageError as error:
                log.error("raw packets wait", session=session.facts.id, reason=str(error))
