"""The daemon's HTTP server. Imported only where one is configured: it costs 9 MB."""

from bridge.drivers.http.server import HttpServer

__all__ = ["HttpServer"]
