# Two commands do everything on a fresh machine: `make demo` and `make test`.
#
#   PYTHON=python3.12        the interpreter for .venv; otherwise the first suitable one is taken
#   TESTS=tests/cohost       what to test; otherwise everything
#   ARGS="-k quotes -x"      more words for pytest

TORCH_INDEX_URL ?= https://download.pytorch.org/whl/cpu
export TORCH_INDEX_URL PYTHON

python = .venv/bin/python
demo_ready = .venv/.ready-demo
test_ready = .venv/.ready-test
evals_ready = .venv/.ready-evals

# What `make chaos` runs, at full length; the tests run a short version of each.
chaos = tests/chaos tests/cohost/test_delivery_chaos.py tests/cohost/test_round_properties.py tests/cohost/test_match_plan.py
chaos: export COHOST_CHAOS_KILLS ?= 100
chaos: export COHOST_CHAOS_SENDS ?= 5000
chaos: export COHOST_CHAOS_ROUNDS ?= 10000

.PHONY: help demo test chaos load fuzz check format evals venv clean

help: ## Say what can be made.
	@sed -n 's/^\([a-z]*\): .*## /\1	/p' Makefile

demo: $(demo_ready) ## Run the sample community, with sign-in links.
	@$(python) -m cohost demo

test: $(test_ready) ## Run the tests; those without a browser or PostgreSQL skip.
	@$(python) -m pytest $(TESTS) $(ARGS)

chaos: $(test_ready) ## Kill processes, break networks, make thousands of rounds; print the figures.
	@$(python) -m pytest -n0 $(chaos) $(ARGS)
	@$(python) -m tests.chaos.chroma_kills

check: $(test_ready) ## Check format, style and types; change nothing.
	@$(python) -m ruff format --check .
	@$(python) -m ruff check .
	@$(python) -m mypy

format: $(test_ready) ## Format the code and mend what can be mended by itself.
	@$(python) -m ruff check --fix --quiet .
	@$(python) -m ruff format .

evals: $(evals_ready) ## Measure the quality, beside stock pipelines; ARGS="retrieval --only hf-nlp".
	@$(python) -m evals $(ARGS)

load: $(demo_ready) ## Measure a real server under load; DATABASE=postgresql://… for PostgreSQL.
	@$(python) -m evals.load $(if $(DATABASE),--database $(DATABASE)) $(ARGS)

fuzz: $(test_ready) ## Send 50 random cases of each operation, all checks, and calls in a row.
	@$(python) -m pytest tests/api/test_fuzz.py --cases 50 $(ARGS)

venv: $(test_ready) ## Install everything, without running anything.
	@echo ".venv is ready."

clean: ## Remove .venv and caches; the data in var/ stays.
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find api cohost evals knowledge tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than what it was made from, so a second run starts at once.
$(demo_ready): pyproject.toml .ci/venv
	@.ci/venv
	@touch $@

$(test_ready): pyproject.toml .ci/venv
	@.ci/venv dev evals
	@touch $@ $(demo_ready)

$(evals_ready): pyproject.toml .ci/venv
	@.ci/venv evals
	@touch $@ $(demo_ready)
