# Everything runs in .venv, which `make` sets up by itself and keeps up to date.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
export HF_HUB_OFFLINE := 1
export TRANSFORMERS_OFFLINE := 1
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

COMMAND := wave then run
OUT := out/wave-then-run

.PHONY: demo test lint bench clean

demo: $(VENV)/.base
	@mkdir -p out
	$(BIN)/motion say "$(COMMAND)" --render side-by-side -o $(OUT).mp4 -o $(OUT).bvh
	$(BIN)/motion say "$(COMMAND)" -o $(OUT).png
	@echo "Video:         $(CURDIR)/$(OUT).mp4"
	@echo "Motion:        $(CURDIR)/$(OUT).bvh"
	@echo "Contact sheet: $(CURDIR)/$(OUT).png"

test: lint
	$(BIN)/pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev
	@for bench in tests/bench/bench_*.py; do echo "== $$bench"; $(BIN)/python $$bench || exit 1; done

clean:
	rm -rf $(VENV) out .pytest_cache .mypy_cache .ruff_cache .hypothesis

# pip keeps what is installed and fitting, so the second time is quick.
$(BIN)/python:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 5; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev,sentence-transformers]"
	@touch $(VENV)/.base $@
