# Two commands for everyone: `make demo` and `make test`. Each does all of its own set-up in $(VENV).
# Variables: PYTHON (any 3.10 or newer), VENV, ARGS (passed to the program behind the target).

ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo "$$p" && break; done)
endif
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE := uv pip compile --quiet --universal --generate-hashes --python-version 3.10 \
	--no-emit-index-url --no-emit-find-links --no-config --custom-compile-command 'make requirements'

ACT_VERSION := v0.2.89
ACT := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/perfreg/act-$(ACT_VERSION)/act

TOOLS := tests/tools

.PHONY: help demo test e2e check lint schema bench-load requirements clean

help: ## Show the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/make \1	\2/p' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime ## Measure a bundled service, slow it down, and find the regression
	$(BIN)/perfreg demo $(ARGS)

test: $(VENV)/.dev ## Run the tests
	$(BIN)/pytest -n auto $(ARGS)

# act comes as source: a minute of one processor, once on a machine. The rest comes from npm and Maven, and from the
# operating system: Java, Maven, Node.js, rsync, and buildah.
e2e: $(VENV)/.dev $(TOOLS)/node_modules/.installed ## Run whole pipelines, as GitHub, GitLab, Jenkins and Azure would
	act=$$(command -v "$${PERFREG_ACT:-act}" || echo '$(ACT)'); \
	test -x "$$act" || GOBIN=$${act%/*} GOTOOLCHAIN=local timeout 1200 go install github.com/nektos/act@$(ACT_VERSION) && \
	PERFREG_ACT=$$act $(BIN)/pytest -n auto -m e2e --timeout 900 $(ARGS)

$(TOOLS)/node_modules/.installed: $(TOOLS)/package-lock.json $(TOOLS)/.npmrc
	npm ci --silent --prefix $(TOOLS)
	@touch $@

check: lint test ## Lint and test: all that a change has to pass

lint: $(VENV)/.dev ## Lint, type-check, and see that contracts, schemas and workflows hold
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/perfreg schema --output $(VENV)/schema && diff -ru -x .gitkeep schema $(VENV)/schema
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml report/action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/zizmor --offline --no-progress --strict-collection --persona pedantic --no-config action.yml report .github

schema: $(VENV)/.dev ## Write the published schemas, and the tables of keys and the pictures in docs/, again
	$(BIN)/perfreg schema --output schema
	$(BIN)/python docs/generate.py
	$(BIN)/python -m docs.interface
	$(BIN)/python -m docs.pictures

bench-load: $(VENV)/.dev ## Compare the load engine with others, 12 minutes on an idle machine (needs nginx and wrk)
	$(BIN)/python benchmarks/load/run.py $(ARGS)

requirements: ## Pin the newest versions again (needs uv)
	$(COMPILE) --upgrade --overrides requirements/overrides.txt --extra postgresql --extra mysql --extra github \
		-o requirements/action.txt pyproject.toml
	$(COMPILE) --upgrade -c requirements/action.txt --all-extras --group dev -o requirements/dev.txt pyproject.toml
	printf 'hatchling\neditables\n' | $(COMPILE) --upgrade -c requirements/dev.txt -o requirements/build.txt -
	printf 'uv\n' | $(COMPILE) --upgrade -o requirements/uv.txt -

clean: ## Remove everything the other targets made
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache perf-results

$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo 'perfreg needs Python 3.10 or newer: make PYTHON=/path/to/python3.12 …' >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 10) and \
		"perfreg needs Python 3.10 or newer; $(PYTHON) is " + sys.version.split()[0])'
	"$(PYTHON)" -m venv --clear $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.python pyproject.toml requirements/action.txt requirements/build.txt
	$(PIP) --require-hashes -r requirements/action.txt -r requirements/build.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@
