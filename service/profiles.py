"""The firmware profiles as the settings want them."""

from __future__ import annotations

from firmware_profiles import Profile, ProfileError, configured, library
from service.settings import Settings


def known_profiles(settings: Settings) -> tuple[Profile, ...]:
    """Ilium's profiles and the user's own, each run as ``settings.sensors`` says.

    Raises `ProfileError` for a file that is not valid or a choice that is not offered.
    """
    profiles = {profile.id: profile for profile in library(settings.profiles_dir)}
    for profile_id, choice in settings.sensors.items():
        if profile_id not in profiles:
            raise ProfileError(
                f"setting sensors.{profile_id}: no such profile; there are {', '.join(profiles)}"
            )
        try:
            profiles[profile_id] = _configured(profiles[profile_id], choice)
        except ValueError as error:
            raise ProfileError(f"setting sensors.{profile_id}: {error}") from error
    return tuple(profiles.values())


def _configured(profile: Profile, choice: dict[str, str | float]) -> Profile:
    mode = choice.get("mode")
    values = {name: float(value) for name, value in choice.items() if name != "mode"}
    return configured(profile, None if mode is None else str(mode), values)
