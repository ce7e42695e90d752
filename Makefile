# Everything starts with `make build` or `make test`; both set up what they need.

PYTHON ?= python3
BIN := .venv/bin
READERS := .venv-readers/bin
YARDSTICKS := .venv-yardsticks/bin
SECONDS ?= 60
COUNT ?= 20
CORPUS ?= ../shared/corpus/azure-2019-2020.tar.xz

.DEFAULT_GOAL := help

help:  ## Show this help.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.complete  ## Create .venv with the locked packages.
	@# As pip does for what it installs, but not for what it only points to. Where Python is told
	@# to write no bytecode, every run, and every worker, would compile the project again.
	@$(BIN)/python -m compileall -q pipelines schemas

.venv/.complete: requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear .venv
	@# The lock is complete. Without --no-deps, an old pip does not find extras among its hashes.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

build: setup  ## Build the warehouse from raw/.
	$(BIN)/matterhouse build

test: setup lint  ## Run linters, types and tests.
	@# File by file: what the tests of a file share, like a Prefect server, is started once.
	$(BIN)/pytest -n auto --dist loadfile

lint: setup  ## Run the linters and the type checker alone.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup  ## Format the code.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

corpus: setup  ## Build the whole real archive and compare every row with plain PyYAML.
	folder=$$(mktemp -d) && mkdir $$folder/raw && tar xf $(CORPUS) -C $$folder/raw && \
	$(BIN)/matterhouse build --raw $$folder/raw --warehouse $$folder/warehouse && \
	$(BIN)/python tests/independent.py $$folder/raw $$folder/warehouse; \
	code=$$?; rm -rf $$folder; exit $$code

readers: build .venv-readers/.complete  ## Read the warehouse with pandas and Spark, in an environment of their own.
	$(READERS)/python -m pytest -c tests/readers/pytest.ini tests/readers

.venv-readers/.complete: tests/readers/requirements.txt
	$(PYTHON) -m venv --clear .venv-readers
	$(READERS)/python -m pip install --quiet --disable-pip-version-check -r tests/readers/requirements.txt
	touch $@

fuzz: setup  ## Compare both YAML parsers on random texts for SECONDS.
	$(BIN)/python tests/fuzz.py --seconds $(SECONDS)

histories: setup  ## Play random histories of an archive for SECONDS, and see that nothing is lost.
	$(BIN)/python -m tests.histories --seconds $(SECONDS)

mutants: setup  ## Take every rule out of its schema, one by one, and see that the tests notice.
	$(BIN)/python -m tests.mutants

torture: setup  ## Kill, starve, crowd, read and cut the power COUNT times what `make test` tries a few times.
	COUNT=$(COUNT) $(BIN)/pytest tests/torture tests/test_damage.py -s

bench: setup .venv-yardsticks/.complete  ## Measure against other ways to do it; takes OPTIONS, as --quick.
	$(BIN)/python -m tests.benchmarks.bench --corpus $(CORPUS) --yardsticks $(YARDSTICKS)/python $(OPTIONS)

.venv-yardsticks/.complete: tests/benchmarks/requirements.txt
	$(PYTHON) -m venv --clear .venv-yardsticks
	$(YARDSTICKS)/python -m pip install --quiet --disable-pip-version-check -r tests/benchmarks/requirements.txt
	touch $@

lock: setup  ## Resolve requirements.lock anew from pyproject.toml.
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra dev \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade --output-file requirements.lock pyproject.toml

clean:  ## Remove environments and caches; raw/ and warehouse/ stay.
	rm -rf .venv .venv-readers .venv-yardsticks .mypy_cache .pytest_cache .ruff_cache .hypothesis build *.egg-info

.PHONY: help setup build test lint format corpus readers fuzz histories mutants bench torture lock clean
