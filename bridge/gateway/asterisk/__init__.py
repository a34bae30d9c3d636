"""The adaptor for Asterisk, by its manager interface; page: README.md."""
