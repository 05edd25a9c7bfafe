# Everything a contributor runs. Each target does the set-up it needs; nothing is installed outside of this folder
# and the user's cache folder.
PYTHON ?= python3
RUN := .venv/bin/python
CLUSTER ?= local
# For example: make test PYTEST_ARGS="tests/unit -k names"
PYTEST_ARGS ?=

# Tests and tools must see this checkout and nothing of the caller's Python or AWS settings. Modules are compiled once,
# not again in each of the thousand processes that the tests start.
unexport PYTHONPATH PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup binaries demo up down test lint types imports verify generate bench bench-full bench-logs dist lock clean

help: ## show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv from requirements.lock
	@$(PYTHON) packaging/setup.py

demo: setup ## the whole story: API server, AWS stand-in, operator, two jobs, their logs (CLUSTER=current: your own cluster)
	@$(RUN) -m tests.stack demo --cluster $(CLUSTER)

up: setup ## leave all of that running in the background; then: source .run/env
	@$(RUN) -m tests.stack up --cluster $(CLUSTER)

down: setup ## stop what `make up` started
	@$(RUN) -m tests.stack down

# The files come in the order that tests/conftest.py puts them in.
test: setup ## lint, types, import rules, generated files, and every test
	@$(MAKE) --no-print-directory -j2 lint binaries
	@$(RUN) -m pytest --numprocesses 5 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

binaries: setup ## kube-apiserver, etcd, kubectl and the kstatus library, built the first time
	@$(RUN) -m tests.cluster build
	@$(RUN) -m tests.conformance.kstatus.build

lint: setup types imports verify ## style, types, import directions, generated files
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .

types: setup ## the strict type checker
	@$(RUN) -m mypy

imports: setup ## the import directions of pyproject.toml
	@PYTHONPATH=.:operator .venv/bin/lint-imports --no-cache

verify: setup ## are generated files current?
	@$(RUN) -m sagemaker_operator.crds --check
	@$(RUN) packaging/install/generate.py --check
	@$(RUN) packaging/monitoring/generate.py --check
	@$(RUN) packaging/iam/generate.py --check
	@$(RUN) packaging/argocd/generate.py --check
	@$(RUN) packaging/docs/generate.py --check
	@$(RUN) packaging/docs/reasons.py --check

generate: setup ## write the generated files anew
	@$(RUN) -m sagemaker_operator.crds
	@$(RUN) packaging/install/generate.py
	@$(RUN) packaging/monitoring/generate.py
	@$(RUN) packaging/iam/generate.py
	@$(RUN) packaging/argocd/generate.py
	@$(RUN) packaging/docs/generate.py
	@$(RUN) packaging/docs/reasons.py

bench: setup ## what 200 and 1,000 jobs cost, held against the bounds (a quarter of an hour)
	@$(RUN) -m tests.bench.scale --write docs/scale.md

bench-full: setup ## the same up to 10,000 jobs (hours)
	@$(RUN) -m tests.bench.scale --full --write docs/scale.md

bench-logs: setup ## the plugin beside awslogs, the AWS CLI and boto3: a million lines, far away, followed (ten minutes)
	@$(RUN) -m tests.bench.logs --events 1000000 --seconds 20 --regions us-east-1,us-east-2,eu-central-1 \
	  --command "$$($(RUN) -m tests.delivered.building)" --write docs/benchmarks.md

dist: setup ## the plugin as one file for this system, in the guide's tarball (dist/)
	@$(RUN) packaging/plugin/build.py

lock: setup ## renew the lock files from pyproject.toml
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --no-emit-index-url --group dev pyproject.toml --output-file requirements.lock
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --no-emit-index-url --no-deps --constraint requirements.lock packaging/image/requirements.in \
	  --output-file packaging/image/requirements.lock

clean: down ## remove the environment and everything made by tests
	@rm -rf .venv .run .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
