"""Busy lamps, pure: facts, our own calls and favourites in; what keys show and do out.

Theory of operation
-------------------
``board.Board`` holds the facts of the PBX, the calls of the core's snapshot and the favourites. A
fact costs a dictionary entry; only when a key is about it that key becomes *dirty*. ``take``
computes the dirty keys and returns those whose face changed: a thousand changes of one line
between two calls of it are one face, the newest.

* ``tables`` says in one word what a key shows (``KeyState``), ``looks`` and ``fit`` with which
  lamp. Lamps are computed, never switched.
* What is not known is never shown as idle. A fact counts while its PBX is up and was said within
  the hour, and a ringing line for so long as anything rings; after that the key is *unknown*.
* ``press`` says what a finger on a key does now. It decides by the same state that the key shows.
* ``favourites`` edits the list, ``pages`` lays it out on a panel.

Unlike the core's ``State`` the board is not frozen: ten thousand lines would be copied for each
change. It is the only object here that changes, and nothing outside changes it.
"""
