import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from lenet import wheels
from lenet.cli import environment
from lenet.cli.environment import (
    find_accelerators,
    find_environment,
    find_machine,
    find_other_command,
    find_supported_python,
    format_install,
    list_environments,
    list_packages,
    read_memory_limit,
    split_version,
)
from lenet.cli.findings import examine

MNIST = os.environ.get("LENET_DATA")


def find(answer, name):
    return next(finding for finding in answer["findings"] if finding["name"] == name)


@pytest.fixture
def absent(monkeypatch):
    """Make a package look as if it were not installed, or of another version."""
    installed = environment.version

    def set_versions(**versions):
        def look(name):
            if name in versions:
                if versions[name] is None:
                    raise PackageNotFoundError(name)
                return versions[name]
            return installed(name)

        monkeypatch.setattr(environment, "version", look)

    return set_versions


def test_here_everything_needed_is_there(lenet):
    answer = lenet("doctor", "--json")
    assert answer.code == 0
    assert answer.json["usable"]
    assert find(answer.json, "numpy")["value"] == version("numpy")
    assert find(answer.json, "Python")["value"].startswith(platform.python_version())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_has_every_section(lenet, language):
    from lenet.texts import load_texts

    out = lenet("doctor", "--lang", language).out
    texts = load_texts(language)
    for section in ("python", "machine", "packages", "engines", "data", "fonts"):
        assert f"\n{texts[f'doctor.{section}']}\n" in out


def test_a_missing_package_is_a_fault_with_its_command(lenet, absent):
    absent(safetensors=None)
    answer = lenet("doctor", "--json")
    finding = find(answer.json, "safetensors")
    assert answer.code == 1
    assert not answer.json["usable"]
    assert finding["state"] == "fault"
    assert "install" in finding["remedy"]
    assert finding["remedy"].endswith('"safetensors>=0.4.3"')
    assert "Fix this first: safetensors." in lenet("doctor").out


def test_an_old_package_is_a_fault(lenet, absent):
    absent(numpy="1.20.0")
    answer = lenet("doctor", "--json")
    assert answer.code == 1
    assert "1.20.0 is too old, 2.0 is needed" in find(answer.json, "numpy")["value"]


@pytest.mark.parametrize(
    ("system", "tool", "end"),
    [
        ("linux", None, "install torch --index-url https://download.pytorch.org/whl/cpu"),
        ("linux", "/usr/bin/nvidia-smi", '"lenet[pytorch]"'),
        ("darwin", None, '"lenet[pytorch]"'),
    ],
)
def test_without_torch_its_command_brings_cuda_only_where_a_card_is(
    lenet, absent, monkeypatch, system, tool, end
):
    absent(torch=None)
    monkeypatch.setattr(wheels, "sys", SimpleNamespace(platform=system))
    monkeypatch.setattr(wheels, "shutil", SimpleNamespace(which=lambda _: tool))
    answer = lenet("doctor", "--json")
    assert answer.code == 0
    for name in ("torch", "pytorch"):
        assert find(answer.json, name)["remedy"].endswith(end)
        assert sys.executable in find(answer.json, name)["remedy"]
    assert find(answer.json, "pytorch")["state"] == "note"


def test_an_old_torch_is_renewed_from_the_same_index(lenet, absent, monkeypatch):
    absent(torch="1.9")
    monkeypatch.setattr(environment, "find_spec", lambda name: object())
    monkeypatch.setattr(environment, "choose_torch_index", lambda: "https://here")
    assert find(lenet("doctor", "--json").json, "torch")["remedy"].endswith(
        '"torch>=2.13" --index-url https://here'
    )


def test_with_torch_the_engine_is_there(lenet, absent, monkeypatch):
    absent(torch="2.13.0+cpu")
    monkeypatch.setattr(environment, "find_spec", lambda name: object())
    assert find(lenet("doctor", "--json").json, "pytorch")["value"] == "PyTorch 2.13.0+cpu"


@pytest.mark.parametrize("build", ["tensorflow", "tensorflow-cpu"])
def test_tensorflow_may_come_in_either_build(lenet, absent, monkeypatch, build):
    absent(**{"tensorflow": None, "tensorflow-cpu": None, "keras": "3.15.1", build: "2.21.0"})
    monkeypatch.setattr(environment, "find_spec", lambda name: object())
    answer = lenet("doctor", "--json").json
    finding = next(one for one in answer["findings"] if (one["section"], one["name"]) == ("engines", "keras"))
    assert finding["value"] == "TensorFlow 2.21.0, Keras 3.15.1"
    assert finding["state"] == "good"


@pytest.mark.parametrize("missing", [{"tensorflow": None, "tensorflow-cpu": None}, {"keras": "2.15.0"}])
def test_without_tensorflow_or_with_an_old_keras_the_engine_is_noted(lenet, absent, monkeypatch, missing):
    absent(**{"tensorflow-cpu": "2.21.0", "keras": "3.15.1"} | missing)
    monkeypatch.setattr(environment, "find_spec", lambda name: object())
    answer = lenet("doctor", "--json")
    assert answer.code == 0
    findings = [one for one in answer.json["findings"] if one["section"] == "engines"]
    finding = next(one for one in findings if one["name"] == "keras")
    assert finding["state"] == "note"
    assert finding["remedy"].endswith('install "lenet[keras]"')


def test_a_data_folder_that_is_not_there_is_a_fault(lenet, monkeypatch, tmp_path):
    monkeypatch.setenv("LENET_DATA", str(tmp_path / "nowhere"))
    answer = lenet("doctor", "--json")
    assert answer.code == 1
    assert "LENET_DATA" in find(answer.json, "LENET_DATA")["remedy"]


def test_without_mnist_the_download_is_named(lenet, monkeypatch, tmp_path):
    monkeypatch.setenv("LENET_CACHE", str(tmp_path))
    finding = find(lenet("doctor", "--json").json, "MNIST")
    assert finding["value"] == "0 of 4 files found"
    assert finding["remedy"] == "lenet data fetch mnist"


@pytest.mark.mnist
@pytest.mark.skipif(not MNIST, reason="LENET_DATA is not set")
def test_mnist_is_found_in_lenet_data(lenet, monkeypatch):
    monkeypatch.setenv("LENET_DATA", MNIST)
    assert "all 4 files" in find(lenet("doctor", "--json").json, "MNIST")["value"]


def test_without_a_chinese_font_the_command_is_named(lenet, monkeypatch):
    from lenet.drawing import fonts

    monkeypatch.setattr(fonts, "find_chinese_font", lambda: None)
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    answer = lenet("doctor", "--json")
    assert answer.code == 0
    assert find(answer.json, "Chinese")["remedy"] == "sudo apt-get install fonts-noto-cjk"


@pytest.mark.parametrize(("now", "state"), [("3.10.2", "fault"), ("3.11.0", "good"), ("3.99.1", "note")])
def test_the_version_of_python_is_judged(lenet, monkeypatch, now, state):
    monkeypatch.setattr(platform, "python_version", lambda: now)
    answer = lenet("doctor", "--json")
    assert find(answer.json, "Python")["state"] == state
    assert answer.code == (state == "fault")


def test_looking_imports_none_of_what_it_looks_at():
    code = (
        "import sys; from lenet.cli.main import run; run(['doctor', '--json']); "
        "heavy = {'torch', 'sklearn', 'tensorflow', 'keras', 'onnx', 'scipy'}; "
        "print(sorted(heavy & sys.modules.keys()))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.splitlines()[-1] == "[]"


def test_needed_packages_are_those_of_our_own_metadata():
    packages = {package.name: package for package in list_packages()}
    assert {name for name, package in packages.items() if package.needed} == {
        "numpy", "safetensors", "pillow", "typer", "rich", "pooch",
    }  # fmt: skip
    assert packages["numpy"].least == "2.0"
    assert packages["torch"].least == "2.13"
    assert (packages["torch"].extra, packages["scikit-learn"].extra) == ("pytorch", "sklearn")
    assert find_supported_python()[0] == "3.11"


def test_versions_compare_as_numbers():
    assert split_version("2.13.0+cpu") == (2, 13, 0)
    assert split_version("1.9") < split_version("1.26.4")
    assert split_version("") == ()


def test_a_venv_is_told_from_conda_and_from_none(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert find_environment().kind == "venv"
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    assert find_environment().kind == "none"
    (tmp_path / "conda-meta").mkdir()
    assert find_environment().kind == "conda"


def test_other_environments_are_found(lenet, monkeypatch, tmp_path):
    home, conda, here = tmp_path / "home", tmp_path / "envs" / "pytorch", tmp_path / "here"
    for folder in (home / ".conda", conda, here / ".venv"):
        folder.mkdir(parents=True)
    (here / ".venv" / "pyvenv.cfg").write_text("")
    (home / ".conda" / "environments.txt").write_text(f"{conda}\n/gone\n")
    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.chdir(here)
    assert [(other.kind, other.folder) for other in list_environments()] == [
        ("venv", here / ".venv"),
        ("conda", conda),
    ]
    remedies = [finding["remedy"] for finding in lenet("doctor", "--json").json["findings"]]
    assert f"conda activate {conda}" in remedies


def test_a_command_of_another_environment_is_noticed(monkeypatch, tmp_path):
    monkeypatch.setattr(environment.shutil, "which", lambda _: str(tmp_path / "lenet"))
    assert find_other_command() == tmp_path / "lenet"
    monkeypatch.setattr(environment.shutil, "which", lambda _: str(Path(sys.executable).parent / "lenet"))
    assert find_other_command() is None
    monkeypatch.setattr(environment.shutil, "which", lambda _: None)
    assert find_other_command() is None


def test_packages_are_installed_into_this_very_environment(monkeypatch):
    assert format_install("a>=1") == f'{sys.executable} -m pip install "a>=1"'
    assert (
        format_install("a", index="https://b") == f"{sys.executable} -m pip install a --index-url https://b"
    )
    monkeypatch.setattr(environment, "find_spec", lambda _: None)
    monkeypatch.setattr(environment.shutil, "which", lambda _: "/bin/uv")
    assert format_install("a>=1") == f'uv pip install --python {sys.executable} "a>=1"'


@pytest.mark.parametrize(
    ("name", "text", "limit"),
    [
        ("memory.max", "1073741824\n", 1024),
        ("memory.max", "max\n", None),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n", None),
        ("memory/memory.limit_in_bytes", "536870912\n", 512),
    ],
)
def test_a_containers_limit_of_memory_is_read(tmp_path, name, text, limit):
    (tmp_path / "memory").mkdir()
    (tmp_path / name).write_text(text)
    assert read_memory_limit(tmp_path) == limit


def test_the_machine_has_cores():
    machine = find_machine()
    assert 0 < machine.usable_cores <= machine.cores


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for nvidia-smi")
@pytest.mark.parametrize(
    ("script", "cards"),
    [
        ("echo 'NVIDIA H100, 570.1, 81559 MiB'", ["NVIDIA H100, 570.1, 81559 MiB"]),
        ("exit 9", []),
        ("sleep 5", []),
    ],
)
def test_cards_are_asked_of_nvidias_tool(monkeypatch, tmp_path, script, cards):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    monkeypatch.setattr(environment.shutil, "which", lambda _: str(tool))
    monkeypatch.setattr(environment, "NVIDIA_TIMEOUT", 0.5)
    assert list(find_accelerators()) == cards


def test_nothing_is_said_of_data_while_packages_are_missing(absent):
    absent(numpy=None)
    assert {finding.section for finding in examine()} == {
        "python",
        "machine",
        "packages",
        "engines",
    }


@pytest.mark.skipif(not find_spec("lenet._native"), reason="no kernels")
@pytest.mark.parametrize(("name", "value"), [("LENET_KERNEL", "abacus"), ("LENET_THREADS", "none")])
def test_a_wish_that_no_kernel_fulfils_is_a_fault_with_its_remedy(lenet, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    answer = lenet("doctor", "--json")
    assert answer.code == 1
    finding = find(answer.json, name)
    assert finding["state"] == "fault"
    assert value in finding["value"]
    assert finding["remedy"] == f"unset {name}"
