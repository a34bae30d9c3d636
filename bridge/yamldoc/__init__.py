"""YAML 1.2 text to plain values with line numbers; the one loader for everything people write.

Why not ``yaml.safe_load``: it reads YAML 1.1, where ``0301`` is 193, ``1:30`` is 90 and ``off``
is false; it takes the last of two equal keys in silence; it does not say where a value stood.

A pure room: imports ``bridge.model`` only.
"""

from bridge.yamldoc.document import Document, Path, Plain, path_text
from bridge.yamldoc.loader import load

__all__ = ["Document", "Path", "Plain", "load", "path_text"]
