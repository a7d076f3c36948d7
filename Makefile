# `make book` builds the site, `make test` proves it. Both make their own environment in .venv.

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
PEERS_PY := $(subst $(VENV),.venv-peers,$(PY))
READY := $(VENV)/ready
SITE := _build/html
JOBS ?= 2

# A second run need not compile again, nor a second clone.
XDG_CACHE_HOME ?= $(HOME)/.cache
export JAX_COMPILATION_CACHE_DIR ?= $(XDG_CACHE_HOME)/dl_lib/jax
export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS = 0
export JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES = -1

.PHONY: help book serve lab test unit test-optimized exercises notebooks site newest oldest chapter refresh lint assignment grade slides pdf benchmarks experiments lock clean

help:  ## show this list
	@$(PYTHON) -c "import re;[print(f'make {a:16}{b}') for a,b in re.findall(r'^([\w-]+):.*?## (.*)', open('Makefile').read(), re.M)]"

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(PY) -c "open('$(READY)', 'w').close()"

book: $(READY)  ## build the site from the stored notebooks and check that it loads nothing from outside
	$(BIN)/jupyter-book build . --all --warningiserror --nitpick --keep-going
	$(PY) -m tools.check_site $(SITE)
	@echo "The book is built: open $(SITE)/index.html, or type 'make serve'."

serve: book  ## serve the site at http://localhost:8000
	$(PY) -m http.server 8000 --bind 127.0.0.1 --directory $(SITE)

lab: $(READY)  ## open the notebooks live
	$(BIN)/jupyter lab chapters

test: unit exercises notebooks site  ## run everything

unit: $(READY)  ## unit tests, house style
	$(PY) -m pytest tests --ignore=tests/site --ignore=tests/notebooks -n $(JOBS) --dist loadfile -q -p tests.costs --stage unit

test-optimized: export DL_LIB_OPTIMIZED = 1
test-optimized: $(READY)  ## unit tests on programs as XLA makes them for readers, which compile slowly
	$(PY) -m pytest tests --ignore=tests/site --ignore=tests/notebooks -n $(JOBS) --dist loadfile -q

exercises: $(READY)  ## chapter contract, every exercise solved and blank
	$(PY) -m pytest tests/notebooks -n $(JOBS) --dist worksteal -q -p tests.costs --stage exercises

notebooks: $(READY)  ## every notebook through nbval
	$(PY) -m pytest --nbval --nbval-sanitize-with=tests/notebooks/sanitize.cfg chapters -n $(JOBS) --dist loadfile -q -W ignore -p tests.settings -p tests.costs --stage notebooks

site: $(READY)  ## build the site and look at it in a real browser
	$(PY) -m pytest tests/site -n $(JOBS) --dist loadgroup -q -p tests.costs --stage site

newest:  ## everything on the newest Python and packages, without the lock
	$(PYTHON) -m tools.ranges newest

oldest:  ## unit tests and notebooks on the oldest packages that pyproject.toml admits
	$(PYTHON) -m tools.ranges oldest

chapter: $(READY)  ## start a chapter: make chapter NAME=part/chapter
	$(PY) -m tools.new_chapter $(NAME)

refresh: $(READY)  ## execute notebooks, store outputs and times: make refresh [NAME=part/chapter]
	$(PY) -m tools.refresh $(NAME)

lint: $(READY)  ## check the contract of the chapters
	$(PY) -m tools.lint $(NAME)

assignment: $(READY)  ## a notebook for students: make assignment NAME="part/chapter ..." [DUE="By Friday noon"] [INSTALL=git+https://...]
	$(PY) -m dl_lib.course assignment $(NAME) --due "$(DUE)" --install "$(INSTALL)"

slides: $(READY)  ## a lecture that works offline: make slides NAME=part/chapter
	$(PY) -m dl_lib.course slides $(NAME)

pdf: $(READY)  ## print from the built book: make pdf [NAME=part/chapter] [SOLUTIONS=none], without a name all of it
	$(PY) -m dl_lib.course pdf $(NAME) --solutions $(or $(SOLUTIONS),all)

grade: $(READY)  ## grade what came back: make grade NAME="part/chapter ..." FROM=folder
	$(PY) -m dl_lib.course grade $(NAME) --from "$(FROM)"

# PyTorch and the others that the library is measured against, in an environment of their own.
.venv-peers/ready: requirements.txt benchmarks/peers.txt pyproject.toml
	$(PYTHON) -m venv .venv-peers
	$(PEERS_PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt -r benchmarks/peers.txt
	$(PEERS_PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(PEERS_PY) -c "open('.venv-peers/ready', 'w').close()"

benchmarks: .venv-peers/ready  ## measure every speed claim, in ten minutes: make benchmarks [ROW=lenet] [QUICK=1]
	$(PEERS_PY) -m benchmarks $(ROW) $(if $(QUICK),--quick)

experiments: $(READY)  ## make the runs that pages read and that are not stored yet: make experiments [NAME=mnist]
	$(PY) -m benchmarks.experiments $(NAME)

lock: $(READY)  ## renew requirements.txt from the ranges in pyproject.toml
	$(PY) -m tools.lock

clean:  ## remove what was built
	$(PYTHON) -c "import shutil; [shutil.rmtree(d, ignore_errors=True) for d in ('_build', '.cache', '$(VENV)', '.venv-peers')]"
