"""Firmware profiles: one TOML file per device. A new device of a fixed layout is a new file.

`load` gives a profile by id, `ids` all there are, `read` one of the user's own, `match` the profile of an
advertisement.
"""

from firmware_profiles.loader import ProfileError, ids, load, match, parse, read
from firmware_profiles.schema import Profile

__all__ = ["Profile", "ProfileError", "ids", "load", "match", "parse", "read"]
