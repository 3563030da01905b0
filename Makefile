# Two commands matter: `make run` (set up, serve) and `make test` (set up, all gates, all tests).
# Needs python3 (3.11 to 3.13), python3-venv, git and make; everything else is installed into .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PARTNERS := tests/partners/node_modules
# compiled once here, so that no start compiles it again (some machines forbid writing .pyc)
UV     := UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 $(BIN)/uv
UV_VERSION := 0.13.8

# uv and pip bring certificates of their own and would not trust a private authority (a proxy's, a
# mirror's) that this system trusts. What is set by hand or in pip's own configuration stands.
CA_BUNDLE := $(firstword $(wildcard /etc/ssl/certs/ca-certificates.crt \
	/etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem))
export UV_SYSTEM_CERTS ?= $(if $(CA_BUNDLE),true,false)

.PHONY: run test check bench gallery clean setup setup-dev lock format sdl web web-dev web-types web-check

run: setup web
	@exec $(BIN)/liandong up

# Three processes for two cores: tests wait for timers, feeds and outages more than they compute.
test: check web web-check $(PARTNERS)/.installed
	$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

setup: $(VENV)/.runtime
setup-dev: $(VENV)/.dev

$(BIN)/uv:
	@./setup/check-prerequisites $(PYTHON)
	@echo "Making $(VENV) ... 正在建立 Python 环境"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip config list | grep '[.]cert=' >/dev/null || export PIP_CERT=$(CA_BUNDLE); \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.runtime: $(BIN)/uv requirements.lock pyproject.toml
	@echo "Installing what requirements.lock names ... 正在安装依赖"
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@echo "Installing what requirements-dev.lock adds ... 正在安装测试工具"
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

check: setup-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry .
	$(BIN)/liandong schema changes

# The web: apps, query page, manuals. Node is the machine's if it is new enough, else one of .venv (setup/node).
WEB  := web/node_modules
NODE := setup/node $(BIN)
WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' 2>/dev/null) \
	$(shell find docs bench/RESULTS.md schema/schema.graphql *.md -type f 2>/dev/null)

web: liandong/web/.built
web-dev: $(WEB)/.dev

$(WEB)/.built: web/package-lock.json | setup
	@echo "Installing what web/package-lock.json names ... 正在安装界面依赖"
	@$(NODE) npm --prefix web ci --omit=dev --silent
	@touch $@

$(WEB)/.dev: web/package-lock.json | setup
	@$(NODE) npm --prefix web ci --silent
	@touch $@ $(WEB)/.built

liandong/web/.built: $(WEB)/.built $(WEB_SOURCES)
	@echo "Building the web apps and manuals ... 正在构建界面与手册"
	@$(NODE) node web/tools/build.js
	@touch $@

# Types and the map of trusted documents, from the committed SDL and the *.graphql files.
web-types: web-dev
	$(NODE) node web/tools/types.js
	cd web && ../setup/node ../$(BIN) npx prettier --write --log-level warn shared/gql

web-check: web-dev
	$(NODE) node web/tools/types.js --check
	$(NODE) npm --prefix web run --silent check

format: setup-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The committed SDL; a test fails when it differs from what the code says. An export that fails
# leaves it as it was.
SDL := schema/schema.graphql
sdl: setup
	$(BIN)/liandong schema export > $(SDL).new || { rm -f $(SDL).new; exit 1; }
	@mv $(SDL).new $(SDL)

# Composers, a gateway and clients of other people, with which the tests use the schema.
$(PARTNERS)/.installed: tests/partners/package-lock.json | setup
	@echo "Installing what partners use ... 正在安装对接方工具"
	@$(NODE) npm --prefix tests/partners ci --silent
	@touch $@

bench: setup-dev
	$(BIN)/python -m bench

# Pictures of every page, in .liandong/gallery; a part: `.venv/bin/python -m gallery --help`.
gallery: setup-dev web
	$(BIN)/python -m gallery

# After a change of pyproject.toml: make the locks anew (hashes, no host names).
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra embedded --group build
lock: $(BIN)/uv
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

# Ends what `make run` left behind (the embedded database outlives a kill -9 on purpose).
clean:
	@if [ -x $(BIN)/liandong ]; then $(BIN)/liandong down; fi
	rm -rf $(VENV) .liandong liandong/web liandong/web.new web/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
