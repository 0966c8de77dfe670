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

.PHONY: help demo test check format evals venv clean

help: ## Say what can be made.
	@sed -n 's/^\([a-z]*\): .*## /\1	/p' Makefile

demo: $(demo_ready) ## Run the sample community, with sign-in links.
	@$(python) -m cohost demo

test: $(test_ready) ## Run the tests; those without a browser or PostgreSQL skip.
	@$(python) -m pytest $(TESTS) $(ARGS)

check: $(test_ready) ## Check format, style and types; change nothing.
	@$(python) -m ruff format --check .
	@$(python) -m ruff check .
	@$(python) -m mypy

format: $(test_ready) ## Format the code and mend what can be mended by itself.
	@$(python) -m ruff check --fix --quiet .
	@$(python) -m ruff format .

evals: $(evals_ready) ## Measure the quality, beside stock pipelines; ARGS="retrieval --only hf-nlp".
	@$(python) -m evals $(ARGS)

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
	@.ci/venv dev
	@touch $@ $(demo_ready)

$(evals_ready): pyproject.toml .ci/venv
	@.ci/venv evals
	@touch $@ $(demo_ready)
