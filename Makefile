# The steps of .ci/run by name. Everything is in that script; this file is a
# shorter way to type it, and "make" shows what there is.

STEPS := $(shell bash .ci/run -l | cut -d ' ' -f 1)

.PHONY: help check quick $(STEPS)

help:
	@echo 'make check            everything, as CI does'
	@echo 'make quick            format, vet, test: the fast loop'
	@bash .ci/run -l | sed 's/^/make /'

check:
	bash .ci/run

quick:
	bash .ci/run format vet test

$(STEPS):
	bash .ci/run $@
