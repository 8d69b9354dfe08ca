"""The house rules that a machine can check: floors, file length, imports, public names."""

import ast
import graphlib
import importlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
PACKAGE = SOURCE / "indelible"
FILES = sorted(PACKAGE.rglob("*.py"))
MAX_LINES = 400

# From the ground up. A part imports from the floors below, or from itself. `errors` comes before everything that raises them.
FLOORS = (
    ("errors",),
    ("databases", "drafts", "frames", "keys", "stats"),
    ("video", "mark", "fingerprint"),
    ("channel", "registry"),
    ("runs", "verify"),
    ("forensics",),
    ("audit", "lab", "report"),
    ("workflows",),
    ("bench",),
    ("cli",),
    ("__init__", "__main__"),
)
FLOOR_OF = {part: floor for floor, parts in enumerate(FLOORS) for part in parts}

PUBLIC_NAMES = {
    "indelible": {
        "Calibration",
        "Certificate",
        "CertificateCheck",
        "Certification",
        "ChannelResult",
        "Conformance",
        "Consensus",
        "DetectResult",
        "EncoderSettings",
        "Fingerprint",
        "FingerprintResult",
        "IndelibleError",
        "IndexedFile",
        "Limits",
        "MarkResult",
        "Payload",
        "RegisteredCopies",
        "Registration",
        "SearchResult",
        "SecretKey",
        "Verification",
        "add_files",
        "calibrate_folder",
        "certify_file",
        "channel_file",
        "check_certificate",
        "conform_file",
        "consensus_of",
        "detect_file",
        "fingerprint_file",
        "load_key",
        "mark_file",
        "open_store",
        "read_calibration",
        "save_key",
        "search_file",
        "verify_file",
    },
    "indelible.fingerprint": {"Fingerprint", "code_hex", "codes_from_hex"},
    "indelible.fingerprint.index": {"Hits", "NewVideo", "Origin", "Store", "StoreInfo", "StoredVideo", "open_store"},
    "indelible.fingerprint.match": {"CandidateSource", "Match", "MemorySource", "Pair", "SearchSettings", "search"},
    "indelible.registry": {"Entry", "Registry"},
    "indelible.video": {
        "EncoderSettings",
        "Limits",
        "Source",
        "VideoReader",
        "WriteSummary",
        "copy_settings",
        "open_video",
        "probe",
        "write_video",
    },
}

HEAVY = {"av", "cmaes", "cv2", "matplotlib", "numba", "onnx", "onnxruntime", "safetensors", "scipy", "sklearn", "torch"}


def module_name(file: Path) -> str:
    parts = file.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


def part_of(module: str) -> str:
    """``indelible.video.read`` -> ``video``; what is imported from the package itself counts as its ``__init__``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imported_modules(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and full name of every module that a file imports, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise AssertionError(f"line {node.lineno}: relative import; write the full name")
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield node.lineno, submodule if _is_module(submodule) else node.module or ""


def _is_module(name: str) -> bool:
    place = SOURCE.joinpath(*name.split("."))
    return name.startswith("indelible.") and (place.is_dir() or place.with_suffix(".py").exists())


@pytest.fixture(params=FILES, ids=[str(file.relative_to(PACKAGE)) for file in FILES])
def file(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_every_part_has_a_floor(file):
    assert part_of(module_name(file)) in FLOOR_OF, "add the new part to FLOORS, and to the map in the design"


def test_imports_point_down(file):
    part = part_of(module_name(file))
    for line, name in imported_modules(ast.parse(file.read_text(encoding="utf-8"))):
        if name == "indelible" or name.split(".")[0] != "indelible" or part == "__init__":
            continue  # the bare package holds only the version; its own names are loaded on demand
        other = part_of(name)
        assert other == part or FLOOR_OF[other] < FLOOR_OF[part], f"{file}:{line}: {part} may not import {name}"


def test_no_import_circles():
    graph = {}
    for file in FILES:
        own = module_name(file)
        imports = {name for _, name in imported_modules(ast.parse(file.read_text(encoding="utf-8")))}
        graph[own] = {name for name in imports if name.startswith("indelible.") and name != own}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_files_are_short(file):
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_LINES, f"{file} has {lines} lines; split it by its reasons to change"


def test_no_assert_outside_tests(file):
    lines = [node.lineno for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Assert)]
    assert not lines, f"{file}:{lines}: raise an error of indelible.errors instead"


def test_only_video_imports_av(file):
    if part_of(module_name(file)) == "video":
        return
    names = {name.split(".")[0] for _, name in imported_modules(ast.parse(file.read_text(encoding="utf-8")))}
    assert "av" not in names, f"{file} imports av; only indelible.video may"


def test_names_in_all_are_sorted(file):
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets):
            names = ast.literal_eval(node.value)
            # Ruff's order (RUF022): constants, classes, the rest.
            assert list(names) == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))


@pytest.mark.parametrize("module", sorted(PUBLIC_NAMES))
def test_public_names_are_the_promised_ones(module):
    package = importlib.import_module(module)
    assert set(package.__all__) == PUBLIC_NAMES[module], "a public name came or went: note it in CHANGELOG.md"


@pytest.mark.parametrize("file", [file for file in FILES if file.name == "__init__.py"], ids=lambda file: file.parent.name)
def test_every_public_name_exists(file):
    package = importlib.import_module("indelible" if file.parent == PACKAGE else module_name(file))
    missing = [name for name in getattr(package, "__all__", ()) if not hasattr(package, name)]
    assert not missing


def loaded_by(code: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter has loaded after running ``code``."""
    script = f"import sys\n{code}\nprint('\\n' + ' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_importing_the_package_is_light():
    assert not loaded_by("import indelible") & HEAVY


def test_help_is_light():
    code = "sys.argv = ['indelible', '--help']\nfrom indelible.cli.main import main\ntry:\n    main()\nexcept SystemExit:\n    pass"
    assert not loaded_by(code) & HEAVY
