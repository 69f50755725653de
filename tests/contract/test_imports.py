"""What may import what: the floors, which CONTRIBUTING.md draws, and what a cold start loads."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import lenet
from lenet.engines import ENGINES

SOURCE = Path(lenet.__file__).parent

# From the ground up. A module imports only from floors below its own, and freely within its folder.
FLOORS = [
    {"_native"},  # the compiled kernels
    {"wheels", "cores"},
    {"texts"},
    {"errors", "locks"},
    {"storage"},
    {"codes"},
    {"counts"},
    {"architecture"},
    {"randomness"},
    {"parameters"},
    {"images"},
    {"samples"},
    {"data"},
    {"engines"},
    {"trace"},
    {"weights"},
    {"doubt"},
    {"answer", "segment"},
    {"network"},
    {"calibration", "evaluation", "plausibility"},
    {"drawing"},
    {"training"},
    {"reading"},
    {"explain", "export"},
    {"rates", "reproduction", "bench"},
    {"estimator", "keras", "torch"},
    {"page"},
    {"cli"},
    {"__init__", "__main__"},
]
DRAWING = Path(__file__).parents[2] / "CONTRIBUTING.md"
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}

# Loaded only by the function that needs them; Pillow too, but a picture needs it in any case.
HEAVY = {
    *("torch", "tensorflow", "keras", "onnx", "onnxruntime", "ray", "pyarrow", "starlette", "uvicorn"),
    "python_multipart",
    *("sklearn", "scipy", "pandas", "matplotlib", "pooch", "requests"),
}


def list_modules():
    """{"cli.main": its path, "cli": that of its __init__.py, ...}."""
    names = {}
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)] = path
    return names


MODULES = list_modules()


def is_type_checking(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def walk(node, *, into_functions):
    """Every node that runs, not what is for type checkers alone."""
    for child in ast.iter_child_nodes(node):
        if is_type_checking(child):
            continue
        if not into_functions and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        yield child
        yield from walk(child, into_functions=into_functions)


def find_imports(name, *, into_functions=True):
    """The absolute names of all modules that a module imports."""
    tree = ast.parse(MODULES[name].read_text("utf-8"))
    for node in walk(tree, into_functions=into_functions):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are absolute"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner.removeprefix("lenet.") in MODULES else node.module


def find_own_imports(name):
    imports = find_imports(name)
    return {other.removeprefix("lenet.") for other in imports if other.startswith("lenet.")}


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_downward_only(name):
    own = name.partition(".")[0]
    assert own in FLOOR, f"give {own} a floor: in FLOORS, and in the drawing of CONTRIBUTING.md"
    for other in find_own_imports(name):
        top = other.partition(".")[0]
        assert top == own or FLOOR[top] < FLOOR[own], f"{name} imports {other}"


def draw_floors():
    """The floors from the top down, one a line: `N  name, name`."""
    lines = [f"{number}  {', '.join(sorted(names))}" for number, names in enumerate(FLOORS)]
    return "\n".join(reversed(lines))


def test_nothing_on_a_floor_is_gone():
    there = {path.stem for path in SOURCE.iterdir()} | {"_native"}
    assert not FLOOR.keys() - there


def test_contributing_draws_the_floors():
    drawn = re.search(r"<!-- floors -->\s*```\w*\n(.*?)\n```", DRAWING.read_text("utf-8"), re.DOTALL)
    assert drawn, "CONTRIBUTING.md: a fenced block after <!-- floors -->"
    assert drawn[1] == draw_floors(), f"CONTRIBUTING.md: draw the floors anew:\n{draw_floors()}"


def test_no_module_imports_itself_in_a_circle():
    imports = {name: find_own_imports(name) & MODULES.keys() for name in MODULES}
    done = set()

    def visit(name, path):
        assert name not in path, f"circle: {' -> '.join([*path, name])}"
        if name not in done:
            for other in imports[name]:
                visit(other, [*path, name])
            done.add(name)

    for name in imports:
        visit(name, [])


def find_engine(name):
    """`reference` for engines.reference.forward; what all engines share belongs to none."""
    folder = name.removeprefix("engines.").partition(".")[0]
    return folder if folder in ENGINES else None


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("engines.")])
def test_engines_know_no_data_and_no_engine_but_reference(name):
    engine = find_engine(name)
    for other in find_own_imports(name):
        assert other.partition(".")[0] != "data"
        if engine and other.startswith("engines."):
            # reference, the definition, takes over what an engine does not compute
            assert find_engine(other) in {engine, "reference", None}


@pytest.mark.parametrize("name", MODULES)
def test_heavy_packages_are_imported_inside_functions(name):
    if find_engine(name) in {"pytorch", "keras"} or name == "estimator":
        return  # imported when they are asked for, and nothing without their framework
    top = {other.partition(".")[0] for other in find_imports(name, into_functions=False)}
    assert not top & HEAVY


def list_loaded(code):
    """The modules that a fresh interpreter has loaded after running code."""
    code += "\nimport sys\nsys.stderr.write('\\n' + ' '.join(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert answer.returncode == 0, answer.stderr
    return set(answer.stderr.splitlines()[-1].split())


def run_verb(*words):
    return list_loaded(f"from lenet.cli.main import run; assert run({list(words)!r}) == 0")


def test_importing_the_package_loads_nothing():
    loaded = list_loaded("import lenet")
    assert not {name for name in loaded if name.startswith("lenet.")}
    assert not loaded & (HEAVY | {"numpy", "PIL", "typer", "rich"})


@pytest.mark.parametrize("words", [[], ["--help"], ["summary", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(words):
    assert not run_verb(*words) & (HEAVY | {"PIL"})


@pytest.mark.parametrize(
    "words",
    [
        ["summary"],
        ["summary", "--layer", "output"],
        ["summary", "--json"],
        ["codes"],
        ["shape", "5", "5", "1", "--kernel", "3"],
    ],
)
def test_explaining_verbs_load_nothing_heavy_and_no_other_verb(words):
    loaded = run_verb(*words)
    assert not loaded & (HEAVY | {"PIL"})
    verbs = {name.removeprefix("lenet.cli.") for name in loaded if name.startswith("lenet.cli.")}
    assert verbs <= {
        "main",
        "completion",
        "help",
        "interrupt",
        "mistakes",
        "output",
        "options",
        "glyphs",
        words[0],
    }


def test_recognizing_loads_nothing_heavy():
    picture = str(SOURCE / "samples" / "3.png")
    # numpy.ma costs 15 ms, and typer's own help 50
    assert not run_verb("recognize", picture) & (HEAVY | {"numpy.ma", "typer.rich_utils"})


@pytest.mark.parametrize("words", [[], ["--unit", "c3:5:2,7"], ["--learn"]])
def test_explaining_a_digit_loads_nothing_heavy(words, tmp_path):
    assert not run_verb("explain", "--sample", "3", *words, "-o", str(tmp_path / "three.png")) & HEAVY


def test_drawing_the_network_loads_nothing_heavy(tmp_path):
    assert not run_verb("summary", "--picture", str(tmp_path / "net.png")) & HEAVY
