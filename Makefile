# `make haiku` trains for two minutes and prints three haiku. `make test` runs every check.
# `make search` tries the properties that tests assert on new examples. `make fuzz` reads 1.2 million
# damaged and odd files, which takes hours. `make torture` kills runs of every kind, in every place,
# and goes on with them. `make test-lowest` runs the tests with the lowest versions of all packages
# that rnngen allows. `make docs` fills the tables of the documentation from the program and runs its
# blocks for the outputs shown.
# Each makes its own virtual environment in .venv first. PYTHON=python3.12 chooses another Python.
PYTHON ?= python3
BIN := .venv/bin
# Laptops and CI train on the CPU; the CPU build of PyTorch is enough where one is on offer.
TORCH ?= torch==2.13.0
# A whole file on each core, in the order of tests/conftest.py.
SIDE_BY_SIDE := --numprocesses auto --dist loadfile --no-loadscope-reorder

.PHONY: haiku test test-lowest search fuzz torture lint bench docs clean

haiku: .venv/installed
	$(BIN)/rnngen train corpora/haiku.txt --cell lstm --minutes 2 --name my-haiku --overwrite
	@echo "Three haiku from that model, each of 5, 7 and 5 syllables:"
	$(BIN)/rnngen sample my-haiku --form haiku -n 3

test: lint
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-lowest: .venv-lowest/installed
	.venv-lowest/bin/python -m pytest $(SIDE_BY_SIDE)

search: .venv/installed
	$(BIN)/python -m pytest --hypothesis-profile search -m hypothesis

fuzz: .venv/installed
	$(BIN)/python -m tests.fuzz

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/installed
	$(BIN)/python -m tests.bench

torture: .venv/installed
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.torture

docs: .venv/installed
	$(BIN)/python scripts/make_docs.py
	RNNGEN_WRITE_DOCS=1 $(BIN)/python -m pytest tests/test_docs.py --numprocesses auto

.venv/installed: pyproject.toml
	@echo "Making a virtual environment in .venv, once."
	$(PYTHON) -m venv .venv
	@echo "Installing PyTorch into it. This takes some minutes."
	$(BIN)/pip install "$(TORCH)"
	@echo "Installing rnngen and what its tests need. This takes a minute."
	$(BIN)/pip install --quiet --editable ".[dev]"
	touch $@

.venv-lowest/installed: pyproject.toml scripts/lowest_versions.py
	@echo "Making a virtual environment in .venv-lowest, once. This downloads some gigabytes."
	$(PYTHON) -m venv .venv-lowest
	$(PYTHON) scripts/lowest_versions.py >.venv-lowest/lowest.txt
	.venv-lowest/bin/pip install --quiet --constraint .venv-lowest/lowest.txt \
		--editable ".[dev,tensorboard]"
	touch $@

clean:
	rm -rf .venv .venv-lowest .mypy_cache .ruff_cache .pytest_cache
