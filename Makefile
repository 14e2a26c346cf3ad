.DEFAULT_GOAL := help
.PHONY: help run install test check bench reliability sbom format lock mo

help: ## montre cette aide
	@echo "Maillage — commandes :"
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / : /; s/^/  make /'

run: .venv/run.stamp ## lance le site, son exécutant de tâches et, la première fois, le réseau de démonstration
	@.venv/bin/crm serve --demo --worker

install: .venv/run.stamp ## crée l’environnement .venv et installe les dépendances

# Three at once on two cores: what waits for a browser or a server leaves room for another.
test: .venv/test.stamp ## passe toute la suite de tests (SQLite, PostgreSQL, Redis, SMTP, navigateur)
	@scripts/services.sh
	@.venv/bin/python -m pytest -n 3 --dist worksteal $(ARGS)

check: .venv/test.stamp ## vérifie le style, les types et l’accord des migrations avec les modèles
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/python scripts/check_migrations.py

bench: .venv/test.stamp ## mesure les vitesses annoncées, chacune à côté d’une référence
	@scripts/services.sh
	@.venv/bin/python -m benchmarks $(ARGS)

reliability: .venv/test.stamp ## casse des envois de toutes les façons et réécrit docs/reliability.md
	@scripts/services.sh
	@.venv/bin/python -m benchmarks.reliability $(ARGS)

sbom: .venv/test.stamp ## liste les briques et leurs licences (build/sbom.cdx.json, docs/licences.md)
	@.venv/bin/python scripts/sbom.py

format: .venv/test.stamp ## remet le code en forme
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet .

lock: ## recalcule les versions épinglées
	@scripts/lock.sh

.venv/run.stamp: requirements/run.txt pyproject.toml
	@scripts/install.sh run

.venv/test.stamp: requirements/test.txt pyproject.toml
	@scripts/install.sh test
