"""The reference firmware stays in the Python that boards understand."""

import ast
from pathlib import Path

from bridge.drivers.virtual import panel_firmware

TREE = ast.parse(Path(panel_firmware.__file__).read_text(encoding="utf-8"))


def test_it_needs_two_modules_that_boards_have() -> None:
    imports = [node for node in ast.walk(TREE) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {name.name for node in imports for name in node.names}
    assert names == {"binascii", "struct"}


def test_it_has_nothing_newer_than_python_3_4_but_annotations() -> None:
    too_new = ast.Match | ast.NamedExpr | ast.AsyncFunctionDef | ast.JoinedStr | ast.TryStar
    assert [node for node in ast.walk(TREE) if isinstance(node, too_new)] == []


def test_no_class_of_it_is_decorated() -> None:
    classes = [node for node in ast.walk(TREE) if isinstance(node, ast.ClassDef)]
    assert len(classes) == 3
    assert all(not node.decorator_list for node in classes)
