# Everyday commands. `make help` lists them; nothing but make, a shell and Python 3.11–3.13 is needed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
IMAGE ?= bayesian-verifier
PINNED := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_BUILD_CONSTRAINT=constraints.txt \
	$(BIN)/python -m pip install --quiet --constraint constraints.txt
# An install is repeated when what it was made from changes.
SOURCES := pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.PHONY: help run venv test soak mutants check demo night bench site image clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.serving ## serve the shipped model, with the dashboard at /dashboard/ (BV_HOST, BV_PORT and every other BV_… setting are honoured)
	@exec $(BIN)/bayesian-verifier serve

venv: $(VENV)/.development ## complete .venv with everything, for development

test: $(VENV)/.development ## run the tests (ARGS="-k journal" for some of them)
	$(BIN)/python -m pytest $(ARGS)

soak: $(VENV)/.development ## ten minutes of faults and kills, and a page on which promises held (SECONDS=600, SEED=…)
	@$(BIN)/python scripts/soak.py --seconds $(or $(filter-out 0,$(SECONDS)),600) $(if $(SEED),--seed $(SEED)) $(ARGS)

mutants: $(VENV)/.development ## break each promise on purpose and see its test go red (ARGS="P1 P3" for some of them)
	@$(BIN)/python scripts/mutate_promises.py $(ARGS)

check: $(VENV)/.development ## format, lint, types, contracts between rooms, workflow files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/idea.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml docker-compose.uds.yml

demo: $(VENV)/.serving ## replay real people's choices through the Judgment Layer, with a fault on the way
	@$(BIN)/python scripts/demo.py $(ARGS)

night: $(VENV)/.development ## play a night from drift to a better model on real parts, in less than ten minutes
	@$(BIN)/python scripts/night.py $(ARGS)

bench: $(VENV)/.development ## measure speed and quality beside others, write docs/benchmarks.md (ARGS=--quick: minutes)
	@set -e; for script in bench_serving bench_overload bench_judgment_layer bench_reload bench_faults bench_controller bench_journal bench_drift bench_false_promotion bench_package bench_dashboard profile_hot_path bench_quality report bench_capacity report_capacity; do \
		$(BIN)/python benchmarks/$$script.py $(ARGS); done

site: $(VENV)/.development ## build the site of these pages and the reference into build/site; warnings are errors
	@$(BIN)/python scripts/stage_site.py build
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --config-file build/mkdocs.yml
	@echo "build/site/index.html"

image: ## build the serving image
	docker build --tag $(IMAGE) .

clean: ## remove caches and build output (.venv and your journals stay)
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .jax_cache
	find src tests benchmarks scripts -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@python=$$(sh scripts/find_python.sh "$(PYTHON)") && $$python -m venv $(VENV)

$(VENV)/.serving: $(SOURCES) | $(BIN)/python
	@echo "installing what serving needs into $(VENV) (a minute or two, once)"
	@$(PINNED) --editable '.[serve,dashboard]'
	@touch $@

$(VENV)/.development: $(SOURCES) | $(BIN)/python
	@echo "installing everything into $(VENV) (a few minutes, once)"
	@$(PINNED) --editable '.[dev]'
	@touch $@ $(VENV)/.serving
