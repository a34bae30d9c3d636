"""The user's session: notices, media players, keyboard shortcuts. Its page is ``README.md``."""
