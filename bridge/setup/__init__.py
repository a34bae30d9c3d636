"""Puts Offhook into a machine's systemd and udev, and takes it out again."""
