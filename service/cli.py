"""The ``ilium`` command."""


def main() -> None:
    """Run the command line."""
