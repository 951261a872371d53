# The targets are the steps of .ci/run, which does the work. "make" lists them.

STEPS := $(shell bash .ci/run -l | cut -d ' ' -f 1)

.PHONY: help check quick $(STEPS)

help:
	@echo 'make check            all steps, like CI'
	@echo 'make quick            the steps format, vet and test'
	@bash .ci/run -l | sed 's/^/make /'

check:
	bash .ci/run

quick:
	bash .ci/run format vet test

$(STEPS):
	bash .ci/run $@
