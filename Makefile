# What there is to type. `make demo` and `make test` set up what they need.

PY := .venv/bin/python
ADDRESS ?= 127.0.0.1:8000

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: ## .venv from the lock file, and the libraries that PDFs need
	@.ci/setup requirements.lock

setup-dev: ## the same with the tools for tests and checks
	@.ci/setup requirements-dev.lock

demo: setup ## a quarter of a real platform: closed, issued, printed
	@$(PY) manage.py migrate --verbosity 0
	@$(PY) manage.py demo

run: setup ## the site, on http://127.0.0.1:8000
	@$(PY) manage.py migrate --verbosity 0
	@echo "http://$(ADDRESS)  (Ctrl-C ends it)"
	@exec $(PY) -m gunicorn slaservice.wsgi --bind $(ADDRESS) --threads 4 --no-control-socket --log-level warning

test: setup-dev ## the whole suite, on SQLite and on PostgreSQL with Redis and Celery workers
	@$(PY) -m tests.run

proof: setup-dev ## longer proofs
	@$(PY) -m tests.run proof

sabotage: setup-dev ## takes locks and constraints away, one by one: ends well only if the tests notice each
	@$(PY) -m tests.sabotage

mutants: setup-dev ## what the tests of the rules would not notice: mutation testing, an hour or so
	$(PY) -m mutmut run --max-children 2
	$(PY) -m mutmut results

bench: setup-dev ## benchmarks
	@$(PY) -m tests.run bench

check: setup-dev ## linters, types, arrows between the parts, migrations, settings for production
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(PY) .venv/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run
	set -a; . .ci/production.env; $(PY) manage.py check --deploy --fail-level WARNING

format: setup-dev ## what the linters can mend by themselves
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

messages: setup-dev ## catalogues of translations anew from the code, and compiled
	$(PY) -m slaservice.messages

lock: setup-dev ## the lock files anew from pyproject.toml (UPGRADE=--upgrade: with the newest versions)
	.venv/bin/uv pip compile $(LOCKED) pyproject.toml -o requirements.lock
	.venv/bin/uv pip compile $(LOCKED) pyproject.toml --extra signing -c requirements.lock -o requirements-signing.lock
	.venv/bin/uv pip compile $(LOCKED) pyproject.toml --extra signing --group dev -c requirements-signing.lock -o requirements-dev.lock

LOCKED = --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header $(UPGRADE)

clean: ## everything that tools made; the data in var/ stays
	rm -rf .venv mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup setup-dev demo run test proof sabotage mutants bench check format messages lock clean
