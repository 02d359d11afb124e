"""The layout is the explanation; these tests keep it true."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
REQUEST_PATH = ("serve.app", "capture.recorder", "store", "wire.client", "config")
# The training stack, and scipy, whose import costs a server 60 MB and most of its start.
HEAVY = ("torch", "transformers", "trl", "peft", "scipy")


def test_imports_go_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    long = {str(f.relative_to(ROOT)): n for f in SOURCES if (n := _lines(f)) > 300}
    assert long == {}


def test_the_request_path_leaves_the_training_stack_unloaded() -> None:
    check = (
        f"import sys, {', '.join(f'understudy.{module}' for module in REQUEST_PATH)}\n"
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_server_starts_without_the_training_stack_and_scipy() -> None:
    check = f"import sys, understudy.cli.serving\nprint([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_file_opens_with_what_it_does() -> None:
    bare = [f for f in SOURCES if not ast.get_docstring(ast.parse(f.read_text()))]
    assert bare == []


def test_only_the_config_reads_the_environment() -> None:
    readers = [
        f.relative_to(ROOT / "src").as_posix()
        for f in SOURCES
        if any(word in f.read_text() for word in ("os.environ", "os.getenv", "getenv("))
    ]
    assert readers == ["understudy/config/loading.py"]


def test_the_engine_knows_nothing_of_the_application() -> None:
    engine = [f for f in SOURCES if "understudy" in f.parts and "config" not in f.parts]
    assert [f for f in engine if "import commandcenter" in f.read_text()] == []
    assert [f for f in engine if "from commandcenter" in f.read_text()] == []


def test_the_readme_names_every_package() -> None:
    readme = (ROOT / "README.md").read_text()
    packages = {f.parent.name for f in SOURCES if f.parent.parent.name == "understudy"}
    assert [name for name in sorted(packages - {"src"}) if f"`{name}/`" not in readme] == []


def _lines(file: Path) -> int:
    return len(file.read_text().splitlines())
