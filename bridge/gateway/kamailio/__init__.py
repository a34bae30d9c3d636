"""The adaptor for Kamailio with the snippet beside it; page: README.md."""
