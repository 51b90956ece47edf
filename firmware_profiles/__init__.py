"""Firmware profiles: one TOML file per device. A new device of a fixed layout is a new file.

`load` gives a profile by id, `ids` all there are, `library` those and a user's own, `read` one file,
`candidates` the profiles of an advertisement, `choose` one way to run a device.
"""

from firmware_profiles.errors import ProfileError
from firmware_profiles.loader import candidates, ids, library, load, match, parse, read
from firmware_profiles.schema import Profile
from firmware_profiles.setup import Setup, choose, configured

__all__ = [
    "Profile",
    "ProfileError",
    "Setup",
    "candidates",
    "choose",
    "configured",
    "ids",
    "library",
    "load",
    "match",
    "parse",
    "read",
]
