"""Helpers for MQTT tests: the contract as a validator, independent readers, fixed words."""
