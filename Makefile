# Needs make, git and Python 3.11 or newer; everything else goes into .venv. Another interpreter: make PYTHON=python3.12 test
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
HASHES := .venv-hashes

.PHONY: demo test test-train test-long fuzz hashes peers lint clean

demo: $(VENV)/.demo
	$(BIN)/indelible demo

test: lint
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses auto --dist loadfile

# What needs torch (1 GB), which `make test` does without.
test-train: $(VENV)/.train
	$(BIN)/pytest -m train tests/train

# Also every damaged file and every kill.
test-long: $(VENV)/.dev
	INDELIBLE_TEST_LONG=1 $(BIN)/pytest

# Goes on from bench/results/fuzz.json; hours for all of it.
fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz --count 10000

# Other watermarks, for `indelible bench peers`, in an environment of their own: they need old versions, and torch (1.5 GB).
peers: $(PEERS)/.installed

# Other fingerprints, for `indelible bench fingerprint --peers`, in an environment of their own: one of them needs an old Pillow.
hashes: $(HASHES)/.installed

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

clean:
	rm -rf $(VENV) $(PEERS) $(HASHES)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "indelible needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

# The stamps say what is installed, and are older than a pyproject.toml that has changed since.
$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[demo]'
	touch $@

# Dependency groups came with pip 25.1.
$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

$(VENV)/.train: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --editable '.[train]'
	touch $@

$(PEERS)/.installed: bench/peers/requirements.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --requirement bench/peers/requirements.txt
	touch $@

$(HASHES)/.installed: bench/hashes/requirements.txt
	$(PYTHON) -m venv $(HASHES)
	$(HASHES)/bin/python -m pip install --quiet --requirement bench/hashes/requirements.txt
	touch $@
