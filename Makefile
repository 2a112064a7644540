# `make demo` and `make test` work as the first command in a fresh clone: they make .venv and
# install into it. Needs Python 3.11 or newer, make, and a package index; uses uv where it is there.

VENV := .venv
BIN := $(VENV)/bin
# Five workers, for tests also wait; those of one file stay together, for they share its servers
# and databases. Files come in the order of tests/conftest.py.
PYTEST := $(BIN)/pytest -n 5 --dist loadfile --no-loadscope-reorder
# Ends and beginnings of months, quarters and years, a leap day, both changes of the clocks in
# Europe and one in America; before, in and after the hours of mail.
CLOCKS := 2027-12-31T23:50Z 2027-01-01T00:10Z 2028-02-29T23:50Z 2027-02-28T21:30Z \
  2027-03-03T06:50Z 2027-03-28T00:10Z 2027-10-31T00:10Z 2027-11-07T12:00Z
READ_THE_CLOCK := tests/cli tests/web tests/mail/standin/test_standin.py tests/mail/sendgrid/test_sendgrid.py \
  tests/store/engine/test_fresh_databases.py -k "not postgresql" \
  --deselect tests/cli/mail/test_mail_preview.py --deselect tests/web/public/test_webhook.py::test_a_large_batch_is_taken_whole \
  --ignore tests/cli/test_every_command.py
# Dozens of processes read the same files: compiled once, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo dev test test-slow test-clocks test-ui check lint types bench setup messages mutants pictures

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/installed-embedded  ## whole cases in a minute: sample partners, days of a second
	$(BIN)/partners demo

dev: $(VENV)/installed-embedded  ## a Temporal server with its UI, a database and a worker, here
	$(BIN)/partners dev

test: $(VENV)/installed-test  ## every test but slow ones and those that need a browser; CLOCK=2028-02-29T23:50Z: then
	$(PYTEST) -m "not slow" --ignore=tests/ui

test-slow: $(VENV)/installed-dev  ## tests that take long: 1,000 random sequences, every benchmark at its smallest, cases in the SDK's sandbox
	$(PYTEST) -m slow --ignore=tests/ui

test-clocks: $(VENV)/installed-test  ## tests that read the clock, at hours and days that are unlike others
	@for clock in $(CLOCKS); do \
	  CLOCK=$$clock $(BIN)/pytest -q -n 4 --dist worksteal $(READ_THE_CLOCK) || failed=1; \
	done; exit $${failed:-0}

test-ui: $(VENV)/installed-dev  ## tests of pages and timelines in a real browser (Chromium)
	$(BIN)/pytest -m ui

check: lint types test  ## lint, types and tests: run it before you commit

lint: $(VENV)/installed-dev  ## style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed-dev  ## mypy, strict
	$(BIN)/mypy

bench: $(VENV)/installed-dev  ## benchmarks, each against a floor measured in the same run
	@for name in $(filter-out common,$(basename $(notdir $(wildcard bench/[a-z]*.py)))); do \
	  $(BIN)/python -m bench.$$name || failed=1; \
	done; exit $${failed:-0}

mutants: $(VENV)/installed-dev  ## does a test notice? every condition changed, one at a time (docs/mutants.md)
	@for area in workflows steps cases decisions mail domain; do $(BIN)/python -m bench.mutants $$area || exit 1; done
	@$(BIN)/python -m bench.mutants --summary

messages: $(VENV)/installed-dev  ## the catalogues of e-mails and pages brought up to date with the templates
	$(BIN)/pybabel -q extract -F pyproject.toml -k "pair:1,2" --add-location=file --sort-by-file \
	  -o $(VENV)/mail.pot partners/mail partners/web templates/email templates/web
	$(BIN)/pybabel -q update -D mail -i $(VENV)/mail.pot -d partners/mail/locale \
	  --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width=98

pictures: $(VENV)/installed-dev  ## the pictures of the README, made anew from a run of the demo
	$(BIN)/python -m tests.ui.pictures

setup: $(VENV)/installed-dev  ## only install, with everything for development

# Installs once, and again when pyproject.toml changes. Our own modules are compiled here, or the
# first processes to run would all do it at the same time.
INCLUDED_test := embedded
INCLUDED_dev := embedded test
$(VENV)/installed-%: pyproject.toml | $(BIN)/python
	@echo "installing into $(VENV) (once; about a minute) ..."
	@if command -v uv >/dev/null 2>&1; then \
	  uv pip install --quiet --python $(BIN)/python -e '.[$*]'; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$*]'; \
	fi
	@$(BIN)/python -m compileall -q partners activities workflows worker.py
	@touch $@ $(INCLUDED_$*:%=$(VENV)/installed-%)

$(BIN)/python:
	@for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    found=$$python; break; \
	  fi; \
	done; \
	if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --python "$${found:-3.12}" $(VENV); \
	elif [ -z "$$found" ]; then \
	  echo "error: no Python 3.11 or newer found; install one (Debian: apt install python3" \
	    "python3-venv) or uv, then run make again" >&2; exit 1; \
	elif ! $$found -m venv $(VENV); then \
	  rm -rf $(VENV); \
	  echo "error: $$found cannot make a virtual environment; install its venv module" \
	    "(Debian: apt install python3-venv), then run make again" >&2; exit 1; \
	fi
