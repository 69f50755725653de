# Everything that is done in this checkout. `make demo` and `make test` need Python >= 3.11, venv and make, nothing else:
# each makes .venv, installs what it needs at the versions of constraints.txt, and runs. (Windows: see README.md.)
.DEFAULT_GOAL := help
.PHONY: help demo test test-all check lowest extras-light extras wasm weights judge segment handwriting samples figures
.PHONY: constraints clean wheels package docs sanitize neon hostile
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
# the build of lenet itself happens in an environment of its own, which is pinned by these
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_BUILD_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
MODULES := src/lenet/page/static/lenet.wasm src/lenet/page/static/pictures.wasm
FONTS := build/fonts/cmr10.ttf
PIP := $(BIN)/python -m pip install -qq
# one thread for each process: the tests run side by side, and LeNet-5's matrices are too small to be shared
PYTEST := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto

help: ## Show this.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | awk -F'|' '{ printf "make %-13s %s\n", $$1, $$2 }'

demo: $(VENV)/base.stamp ## Train, evaluate, recognize and explain, in under a minute after the installation.
	$(BIN)/lenet demo

test: $(VENV)/test.stamp ## The quick tests, under 3 minutes: NumPy and scikit-learn, no PyTorch.
	$(PYTEST) -m "not slow"

test-all: $(VENV)/all.stamp ## Every test, with every framework; set LENET_DATA to a folder with MNIST for all of them.
	LENET_REQUIRE_PAGE=1 LENET_REQUIRE_ENGINES=reference,native,pytorch,keras,wasm $(PYTEST)

check: $(VENV)/check.stamp ## ruff (lint and form), mypy --strict (the READMEs too), and whether the .wasm are what the kernels give.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tools.check_snippets
	$(BIN)/python -m tools.build_wasm --check $(MODULES)

hostile: $(VENV)/all.stamp ## Damaged files for every reader and wrong arguments for the kernels, under 2 minutes: only our own errors may come.
	$(BIN)/python -m tools.hostile --count 500 --seconds 110

lowest: $(BIN)/python ## The quick tests with the lowest versions that pyproject.toml allows, without and with scikit-learn.
	tools/try_lowest.sh $(abspath $(BIN)/python)

extras-light: $(BIN)/python ## Install lenet alone, then each small extra alone, and try it: sklearn, onnx, bulk, serve.
	tools/try_extras.sh $(abspath $(BIN)/python) base sklearn onnx bulk serve

extras: $(BIN)/python ## The same for the large ones, pytorch and keras: 2 GB more, so not in every run.
	tools/try_extras.sh $(abspath $(BIN)/python) pytorch keras

wasm: $(VENV)/check.stamp ## Compile the kernels to WebAssembly: lenet.wasm and pictures.wasm, which are committed.
	$(BIN)/python -m tools.build_wasm $(MODULES)

weights: $(VENV)/all.stamp ## Train the bundled networks anew: as in 1998, and best; write their cards, calibrate them.
	rm -rf build/weights
	$(BIN)/lenet train --data mnist --recipe 1998 --engine native --seed 0 --out build/weights
	$(BIN)/python -m tools.bundle_network build/weights 1998
	$(BIN)/python -m tools.calibrate_network 1998
	$(BIN)/python -m tools.draw_curves build/weights
	rm -rf build/best
	$(BIN)/lenet train --data mnist --recipe best --architecture modern --engine native --seed 0 --out build/best
	$(BIN)/python -m tools.bundle_network build/best best
	$(BIN)/python -m tools.calibrate_network best

judge: $(VENV)/all.stamp $(FONTS) ## Train the network that knows what no digit looks like (needs MNIST's files: LENET_DATA).
	$(BIN)/python -m tools.train_judge --data "$(LENET_DATA)"

segment: $(VENV)/all.stamp ## Train the network that knows a whole digit from a part of one (needs MNIST's files: LENET_DATA).
	$(BIN)/python -m tools.train_segment --data "$(LENET_DATA)"

handwriting: $(VENV)/all.stamp $(FONTS) ## Read 5,000 digits spoilt in each of many ways, and 1,500 other pictures (needs LENET_DATA; takes long).
	$(BIN)/python -m benchmarks.handwriting --data "$(LENET_DATA)"
	$(BIN)/python -m benchmarks.nondigits --data "$(LENET_DATA)"
	$(BIN)/python -m tools.write_handwriting

samples: $(VENV)/base.stamp ## Draw the ten sample digits anew.
	$(BIN)/python -m tools.draw_samples

figures: $(VENV)/base.stamp ## Draw the pictures of the README and the docs anew.
	$(BIN)/python -m tools.draw_figures > /dev/null
	$(BIN)/python -m tools.draw_architecture

wheels: $(BIN)/python ## Build the sdist and wheels (with kernels, and pure), install each in a fresh environment and try it.
	tools/build_wheels.sh $(BIN)/python

docs: $(VENV)/docs.stamp ## The documents as a site in both languages, in build/site; a warning or a link that leads nowhere is an error.
	$(BIN)/python -m tools.site.build build/site

package: $(VENV)/package.stamp ## Build sdist and wheel as for PyPI, and check them: twine, validate-pyproject, check-wheel-contents, actionlint.
	tools/check_package.sh $(BIN)/python

sanitize: ## The kernels under AddressSanitizer and UBSan, without Python.
	cmake -S . -B build/sanitize -DLENET_CHECK=ON -DLENET_OPTIMIZE=-O1 -DCMAKE_BUILD_TYPE=Debug \
		-DCMAKE_CXX_FLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all"
	cmake --build build/sanitize --parallel 2
	build/sanitize/check_kernels

neon: ## The kernels for aarch64 under qemu (apt install g++-aarch64-linux-gnu qemu-user).
	cmake -S . -B build/neon -DLENET_CHECK=ON -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
		-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ -DCMAKE_EXE_LINKER_FLAGS=-static
	cmake --build build/neon --parallel 2
	qemu-aarch64 build/neon/check_kernels

constraints: ## Pin the newest versions of everything in constraints.txt (torch stays where it is).
	tools/make_environment.sh .venv-pins
	PIP_CONSTRAINT= .venv-pins/bin/python -m pip install -qq --upgrade pip
	PIP_CONSTRAINT= PIP_BUILD_CONSTRAINT= .venv-pins/bin/python -m pip install -qq "$$(grep ^torch== constraints.txt)" \
		scikit-build-core -e ".[all]" --group test --group notebook --group check --group page --group docs --group package
	grep '^#' constraints.txt > build.constraints
	.venv-pins/bin/python -m pip freeze --all --exclude-editable | sed 's/+cpu$$//' | grep -v '^nvidia\|^cuda\|^triton' >> build.constraints
	mv build.constraints constraints.txt
	rm -rf .venv-pins

clean: ## Remove everything that these commands made, except your runs.
	rm -rf $(VENV) .venv-pins .venv-test build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# What benchmarks/nondigits.py draws letters with: the fonts in matplotlib's wheel, whose version fixes them.
$(FONTS): | $(BIN)/python
	$(BIN)/python -m pip download -q --no-deps --only-binary :all: --dest build/fonts/wheel matplotlib==3.11.2
	$(BIN)/python -m zipfile -e build/fonts/wheel/*.whl build/fonts/wheel
	mv build/fonts/wheel/matplotlib/mpl-data/fonts/ttf/*.ttf build/fonts
	rm -r build/fonts/wheel
	touch $@

# A stamp stands for what is installed; it is renewed when the pins or the requirements change.
$(BIN)/python:
	@tools/make_environment.sh $(VENV)
	@$(PIP) --upgrade pip

$(VENV)/base.stamp: EXTRA := .[sklearn]
$(VENV)/test.stamp: EXTRA := .[sklearn]
$(VENV)/test.stamp: GROUPS := --group test
$(VENV)/check.stamp: EXTRA := .
$(VENV)/check.stamp: GROUPS := --group check
$(VENV)/docs.stamp: EXTRA := .[sklearn]
$(VENV)/docs.stamp: GROUPS := --group docs
$(VENV)/package.stamp: EXTRA := .
$(VENV)/package.stamp: GROUPS := --group package
$(VENV)/all.stamp: EXTRA := .[all]
$(VENV)/all.stamp: GROUPS := --group test --group notebook --group clang --group page
$(VENV)/%.stamp: pyproject.toml constraints.txt CMakeLists.txt $(wildcard src/kernels/*) | $(BIN)/python
	@echo "Installing into $(VENV): lenet ($(EXTRA)) $(GROUPS)" >&2
	@$(BIN)/python tools/install.py --editable "$(EXTRA)" $(GROUPS)
	@touch $@
