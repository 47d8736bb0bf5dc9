"""Which version of the service is installed, asked in this one place."""

VERSION = "0.1.0"


def installed_version() -> str:
    """The version, as releases are named."""
    return VERSION
