"""``python -m bridge.demo``: the same as ``offhook demo``."""

import sys

from bridge.demo.main import main

sys.exit(main())
