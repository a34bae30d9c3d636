"""Offhook: the open headset and desk-phone bridge for Linux."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("offhook")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"
