"""The device profiles, read once for all tests."""

from bridge.profiles.library import load_library

LIBRARY = load_library()
