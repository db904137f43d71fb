.DEFAULT_GOAL := help
PYTHON ?= python3
export PYTHON

.PHONY: help install lock train

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install:  ## install the locked packages into .venv (SET=serving, training or development)
	@scripts/install.sh $(or $(SET),development)

lock: install  ## compile pyproject.toml's packages into requirements/*.txt
	@scripts/lock.sh

train:  ## train a bundle (DATA=<the table, csv or csv.gz>, OUT=build/bundle, VERSION=<name>)
	$(if $(DATA),,$(error set DATA to the table of flights: make train DATA=dataset_SCL.csv.gz))
	@scripts/install.sh training
	@.venv/bin/python -m training --data "$(DATA)" --out "$(or $(OUT),build/bundle)" $(if $(VERSION),--version "$(VERSION)")
