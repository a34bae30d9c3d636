"""Firmware tools for headsets and key panels: empty until that work begins."""
