.DEFAULT_GOAL := help
PYTHON ?= python3
export PYTHON

.PHONY: help install lock

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install:  ## install the locked packages into .venv (SET=serving, training or development)
	@scripts/install.sh $(or $(SET),development)

lock: install  ## compile pyproject.toml's packages into requirements/*.txt
	@scripts/lock.sh
