"""`python -m tools.lint`: all chapters; `part/chapter --whole`: one, held to the whole contract."""

import sys

from tools.lint import main

sys.exit(main(sys.argv[1:]))
