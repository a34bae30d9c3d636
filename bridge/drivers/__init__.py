"""I/O: one package per resource, a virtual twin of each under ``virtual``."""
