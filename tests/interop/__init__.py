"""Interop: every call function against telephones of other makers, by what they hear."""
