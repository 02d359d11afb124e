# Every target sets itself up in .venv; nothing else on the machine is touched.
PYTHON ?= python3
TORCH ?= torch==2.13.0
# Test files at a time; each is small, most wait for a server or a disk.
JOBS ?= 2
BIN := .venv/bin
SOURCES := src tests bench docs/example_tickets.py
# Set-up leaves compiling to imports; where these write nothing, every process compiles everything
# again: a server's start took 25 s of CPU instead of 7.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-all check format docs lock bench-questions bench-capture bench-hook bench-gateway bench-durability bench-tier1 bench-signals signals-model clean

demo: .venv/ready build/models/ready  ## the whole loop: capture, train, export, evaluate, canary, slip, rollback
	$(BIN)/understudy demo

build/models/ready: | .venv/ready  ## the graph of tier 1's language model: half a minute, once
	$(BIN)/understudy tier1 prepare
	@touch $@

test: .venv/ready  ## the tests, with one whole training cycle among them
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile

test-all: .venv/ready  ## those that train, convert and serve students, and the demo, as well
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile -m "not gpu and not live"

check: .venv/ready  ## lint, format, types, import contracts, the tree's own rules
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy src docs/example_tickets.py
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/unit/test_architecture.py

format: .venv/ready
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

docs: .venv/ready  ## regenerate docs/cli.md, docs/config.md and docs/signals.md from the code
	$(BIN)/understudy config --markdown > docs/config.md
	$(BIN)/python -m typer understudy.cli.app utils docs --name understudy --output docs/cli.md
	$(BIN)/python -m understudy.curate.signals.document > docs/signals.md

bench-questions: .venv/ready  ## the scripted teacher and the live release on FILE's questions
	$(BIN)/understudy evaluate --questions $(FILE) --json /dev/stdout

bench-capture: .venv/ready  ## what capture costs the thread that answers
	$(BIN)/python bench/capture.py

bench-hook: .venv/ready  ## what capturing in the application's process costs its thread
	$(BIN)/python bench/hook.py

bench-gateway: .venv/ready  ## the gateway beside a direct call and LiteLLM's proxy (installs it apart)
	$(BIN)/python bench/gateway

bench-durability: .venv/ready  ## kill -9 fifty times under load, and a full disk: what is lost
	$(BIN)/python bench/gateway/durability.py

# Memory stays with the process: on a virtual machine a fresh page costs more than what is done in it.
bench-tier1: .venv/bench  ## tier 1 on DATA's queries beside its peers: accuracy, robustness, speed
	MALLOC_MMAP_THRESHOLD_=1000000000 MALLOC_TRIM_THRESHOLD_=2000000000 HF_HUB_OFFLINE=1 \
	  $(BIN)/python bench/tier1 $(if $(DATA),--data $(DATA))

.venv/bench: .venv/ready  ## the peers of the benchmark: the extra `bench`
	$(BIN)/pip install --quiet --no-compile lightgbm==4.7.0 vowpalwabbit==9.11.9
	@touch $@

bench-signals: .venv/ready  ## F1 of each signal on GOLD (tests/data/signals_gold.jsonl), and the speed
	$(BIN)/python bench/signals.py $(GOLD)

signals-model: .venv/ready  ## fit the signals' weights to tests/data again: two minutes, and F1 on writers left out
	$(BIN)/python -m understudy.curate.signals.fit tests/data

# The lock holds every package but torch, whose builds (CPU, CUDA) differ by machine and so by hash.
# --no-compile: compiling all 2 GB doubles the set-up. What the demo and the tests import is compiled
# at the end, once, so that neither waits for it.
.venv/ready: requirements/lock.txt requirements/ranker.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Understudy needs Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Setting up .venv: about 520 MB to download, a few minutes without a word"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --no-compile --no-deps --require-hashes -r requirements/lock.txt \
	  -r requirements/ranker.txt
	$(BIN)/pip install --quiet --no-compile '$(TORCH)'
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/python -W ignore -c 'import understudy.learn.sft, understudy.release.convert, commandcenter.demo.run'
	@touch $@

lock:  ## refresh requirements/lock.txt after a change of pyproject.toml
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet pip-tools
	build/lock/bin/pip-compile --quiet --extra train --extra local --extra dev --generate-hashes \
	  --strip-extras --no-emit-options --no-emit-find-links --no-emit-index-url --no-emit-trusted-host \
	  --unsafe-package torch --no-header --output-file requirements/lock.txt pyproject.toml

clean:
	rm -rf build demo .mypy_cache .ruff_cache .pytest_cache
