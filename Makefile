# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# `make help` says what there is. Every target does the set-up that it needs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

STAGE := $(CURDIR)/.stage
PYTEST_WORKERS ?= 3
PORT ?= 5055
DIST ?= build
BENCH ?=

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONPATH := $(STAGE):$(CURDIR)/tests/utils
export ANSIBLE_COLLECTIONS_PATH := $(STAGE)
unexport PYTHONDONTWRITEBYTECODE # hundreds of processes begin here: each would compile anew all that it imports

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Set-up

.PHONY: venv
venv:
	@tests/utils/setup/make_venv.sh bare

.PHONY: setup
setup: venv ## Make .venv from the lock file, unpack the collections depended on, stage this one (no root, no Galaxy)
	@tests/utils/setup/make_venv.sh
	@python tests/utils/setup/stage.py

.PHONY: packages
packages: ## Install the Debian packages needed (root), or say the command that does
	@tests/utils/setup/install_packages.sh

.PHONY: lock
lock: setup ## Resolve requirements/dev.in into requirements/dev.txt
	@tests/utils/setup/lock.sh

.PHONY: trees
trees: packages venv ## Build the trees of Debian 11, 12 and 13 that fleet hosts run (once; kept in the user's cache)
	@python -m fleet trees

##@ Checks

.PHONY: ready
ready: packages venv
	@$(MAKE) --no-print-directory --jobs=2 ends try-trees

.PHONY: ends
ends: setup
	@python -m setup.ends

.PHONY: try-trees
try-trees:
	@python -m fleet trees || echo "Fleets will do without trees."

.PHONY: test
test: ready ## Run every test, lint and sanity included: what CI runs
	@pytest -n $(PYTEST_WORKERS) --dist load --maxschedchunk 1 tests

.PHONY: lint
lint: setup ## Run every linter
	@pytest -n $(PYTEST_WORKERS) tests/sanity/test_lint.py

.PHONY: sanity
sanity: ready ## Run ansible-test sanity of the oldest and the newest ansible-core on a copy of this checkout
	@pytest -n $(PYTEST_WORKERS) tests/ends -k sanity

.PHONY: test-matrix
test-matrix: ready ## Run tests and sanity on every supported ansible-core, or on CORES="2.18 2.21"
	@python -m setup.matrix $(CORES)

.PHONY: test-hosts
test-hosts: packages setup ## Run the host modules on every Python at hand, each with the oldest and the newest cryptography
	@FLEET_PKI_HOSTS=all pytest -n $(PYTEST_WORKERS) tests/ends -k host

.PHONY: bench
bench: ready ## Measure the collection on fleets of hosts (BENCH="--profile published": the published figures)
	@PYTHONPATH=$(PYTHONPATH):$(CURDIR)/tests python -m benchmarks $(BENCH)

.PHONY: bench-emulator
bench-emulator: setup ## Measure the emulator alone: certificates per second, memory for each
	@python tests/benchmarks/bench_emulator.py

.PHONY: bench-issuing
bench-issuing: setup ## Measure the issuing core: 500 certificates by 50 processes at the service's quota
	@PYTHONPATH=$(PYTHONPATH):$(CURDIR)/tests python -m benchmarks.bench_issuing

##@ Use

.PHONY: demo
demo: packages venv ## Put certificates on a fleet of eight hosts, from nothing, and prove it
	@$(MAKE) --no-print-directory --jobs=2 setup try-trees
	@python tests/utils/demo/run.py

.PHONY: emulator
emulator: setup ## Serve an AWS Private CA on PORT (5055), no account needed
	@python -m private_ca_emulator --port $(PORT)

.PHONY: build
build: setup ## Build the Galaxy tarball into DIST (build)
	@ansible-galaxy collection build --force --output-path $(DIST)

.PHONY: docs
docs: setup ## Build the HTML documentation into build/docs
	@tests/utils/setup/build_docs.sh

.PHONY: errors
errors: setup ## Write the tables of the page of errors from the code
	@python -m setup.error_page

.PHONY: clean
clean: ## Remove everything that make made
	rm -rf .ansible .cache .deps .stage .venv build
