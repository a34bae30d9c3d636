"""The configuration: schema, loader with line numbers, secrets, places.

Imports nothing here: ``offhook status`` needs the places only, and pydantic takes longer to load
than the whole command.
"""
