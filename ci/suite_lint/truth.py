"""Conditions that hold whatever happens."""

import ast


def truth(test: ast.expr) -> bool | None:
    """Whether a condition that is a constant holds; None when it is none. What is always there is always true."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            known = truth(inner)
            return None if known is None else not known
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return bool(parts) if not any(isinstance(part, ast.Starred) for part in parts) else None
        case ast.Lambda() | ast.GeneratorExp():
            return True
        case ast.JoinedStr(values=parts):
            return True if any(isinstance(part, ast.Constant) and part.value for part in parts) else None
        case ast.BoolOp(op=op, values=parts):
            decides = isinstance(op, ast.Or)
            truths = {truth(part) for part in parts}
            if decides in truths:
                return decides
            return (not decides) if None not in truths else None
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is() | ast.LtE() | ast.GtE()], comparators=[right]):
            return True if _is_plain(left) and ast.dump(left) == ast.dump(right) else _never_negative(test)
        case ast.Compare():
            return _never_negative(test)
        case ast.Call(func=ast.Name(id="bool"), args=[inner]):
            return truth(inner)
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, ast.Name(id="object")]):
            return True
    return None


def _is_plain(node: ast.expr) -> bool:
    return not any(isinstance(inner, ast.Call | ast.Await) for inner in ast.walk(node))


def _never_negative(test: ast.Compare) -> bool | None:
    """``len(x) >= 0``."""
    is_length = isinstance(test.left, ast.Call) and isinstance(test.left.func, ast.Name) and test.left.func.id == "len"
    match test.ops, test.comparators:
        case [ast.GtE()], [ast.Constant(value=0)] if is_length:
            return True
    return None
