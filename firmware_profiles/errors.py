"""What is raised for a profile that cannot be used."""

from fusion.errors import IliumError


class ProfileError(IliumError, ValueError):
    """A firmware profile is not valid or offers no such thing; names the file and the key."""
