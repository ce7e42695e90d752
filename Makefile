# Start with `make build` or `make test`. Both set up what they need.

PYTHON ?= python3
BIN := .venv/bin
READERS := .venv-readers/bin
YARDSTICKS := .venv-yardsticks/bin
PRODUCT := .venv-bench/bin
SECONDS ?= 60
COUNT ?= 20
MINUTES ?= 30
CORPUS ?= ../shared/corpus/azure-2019-2020.tar.xz

.DEFAULT_GOAL := help

help:  ## Show this help.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.complete  ## Create .venv with the locked packages.
	@# pip compiles what it installs, but not an editable project. Without bytecode, every run and
	@# every worker might compile the project again.
	@$(BIN)/python -m compileall -q pipelines schemas

.venv/.complete: requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear .venv
	@# The lock is complete. Without --no-deps, an old pip misses hashes of extras.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

build: setup  ## Build the warehouse from raw/.
	$(BIN)/matterhouse build

quick: setup lint  ## Run the linters, the types and the quick tests: a minute or two.
	$(BIN)/pytest -n auto --dist loadfile -m "not slow"

test: setup lint .venv-readers/.complete .venv-validators/.complete  ## Run the linters, the types and all tests.
	@# By file, so that what the tests of a file share, like a Prefect server, starts once.
	$(BIN)/pytest -n auto --dist loadfile
	$(READERS)/python -m pytest -c tests/readers/pytest.ini tests/readers

lint: setup  ## Run only the linters and the type checker.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup  ## Format the code.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

corpus: setup  ## Build a real archive and compare every row with plain PyYAML.
	folder=$$(mktemp -d) && mkdir $$folder/raw && tar xf $(CORPUS) -C $$folder/raw && \
	$(BIN)/matterhouse build --raw $$folder/raw --warehouse $$folder/warehouse && \
	$(BIN)/python -m tests.independent $$folder/raw $$folder/warehouse; \
	code=$$?; rm -rf $$folder; exit $$code

readers: setup .venv-readers/.complete  ## Read the sample with pandas, Spark and marimo, in an environment of their own.
	$(READERS)/python -m pytest -c tests/readers/pytest.ini tests/readers

.venv-readers/.complete: tests/readers/requirements.lock
	$(PYTHON) -m venv --clear .venv-readers
	$(READERS)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	touch $@

validators: setup .venv-validators/.complete  ## Let official validators judge `matterhouse schema --format`.
	$(BIN)/pytest tests/validators

.venv-validators/.complete: tests/validators/requirements.lock
	$(PYTHON) -m venv --clear .venv-validators
	.venv-validators/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	touch $@

fuzz: setup  ## Compare the two YAML parsers on random texts for SECONDS.
	$(BIN)/python tests/fuzz.py --seconds $(SECONDS)

histories: setup  ## Play random edits, runs and kills for SECONDS; compare with builds from nothing.
	$(BIN)/python -m tests.histories --seconds $(SECONDS)

soak: setup  ## Let things go wrong for MINUTES on a real Prefect server, and compare runs, alarms and tables.
	$(BIN)/python -m tests.soak --minutes $(MINUTES)

mutants: setup  ## Take each rule out of its schema and check that a test fails.
	$(BIN)/python -m tests.mutants

torture: setup  ## Try kills, full disks, crowds of readers and power cuts COUNT times.
	COUNT=$(COUNT) $(BIN)/pytest tests/torture tests/warehouse/test_damage.py -s

bench: setup .venv-bench/.complete .venv-yardsticks/.complete  ## Measure against other ways to do it; takes OPTIONS like --quick.
	$(BIN)/python -m tests.benchmarks.bench --corpus $(CORPUS) --product $(PRODUCT)/python \
		--yardsticks $(YARDSTICKS)/python $(OPTIONS)

.venv-bench/.complete: .venv/.complete tests/benchmarks/runtime_lock.py
	$(PYTHON) -m venv --clear .venv-bench
	@# Without the dev packages: where pandera finds hypothesis it loads it, which no user pays for.
	$(BIN)/python -m tests.benchmarks.runtime_lock > .venv-bench/runtime.lock
	$(PRODUCT)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r .venv-bench/runtime.lock
	$(PRODUCT)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(PRODUCT)/python -m pip check --quiet
	touch $@

.venv-yardsticks/.complete: tests/benchmarks/requirements.txt
	$(PYTHON) -m venv --clear .venv-yardsticks
	$(YARDSTICKS)/python -m pip install --quiet --disable-pip-version-check -r tests/benchmarks/requirements.txt
	touch $@

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade

lock: setup  ## Resolve requirements.lock again from pyproject.toml, and those of other environments.
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) --extra dev --output-file requirements.lock pyproject.toml
	$(COMPILE) --output-file tests/readers/requirements.lock tests/readers/requirements.txt
	$(COMPILE) --output-file tests/validators/requirements.lock tests/validators/requirements.txt

clean:  ## Remove environments and caches, but not raw/ and warehouse/.
	rm -rf .venv .venv-bench .venv-readers .venv-validators .venv-yardsticks .mypy_cache .pytest_cache .ruff_cache .hypothesis build *.egg-info

.PHONY: help setup build quick test lint format corpus readers validators fuzz histories soak mutants bench torture lock clean
