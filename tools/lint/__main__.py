"""`python -m tools.lint`: all chapters and the book; `part/chapter`: one."""

import sys

from tools.lint import main

sys.exit(main(sys.argv[1:]))
