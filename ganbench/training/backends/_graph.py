"""A function of tensors as the flat list of kernel calls that it makes.

``trace`` calls the function once and records every operation below autograd and ``vmap``
(``make_fx``), drops those that do nothing, and writes the rest as one Python function without
branches. Shapes, and all that is no tensor, are fixed by the example.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import fx
from torch._ops import OpOverload
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._pytree import tree_flatten, tree_unflatten

aten = torch.ops.aten
SAME = (aten.detach.default, aten.alias.default)  # what autograd needs, and nothing else
VIEWS = (aten.view.default, aten.expand.default, aten._unsafe_view.default)
# Operations whose function ``torch.NAME`` takes the same arguments, and is called faster.
BOUND = frozenset(
    "add addmm bmm div lerp mean mm mul neg permute pow relu rsqrt select sqrt stack sub sum t "
    "tanh transpose unsqueeze".split()
)


def trace(function: Callable[..., Any], inputs: Any) -> Callable[..., Any]:
    """Return a function with the values of ``function`` for inputs like ``inputs``.

    Args:
        inputs: positional arguments, trees of tensors.

    Raises:
        Exception: whatever torch raises of a function that looks at values.
    """
    leaves, structure = tree_flatten(inputs)
    shape_of_result: Any = None

    def flat(*leaves: torch.Tensor) -> list[torch.Tensor]:
        nonlocal shape_of_result
        out, shape_of_result = tree_flatten(function(*tree_unflatten(leaves, structure)))
        return out

    traced = make_fx(flat)(*leaves)
    clean(traced.graph)
    calls = as_function(traced.graph, {n: getattr(traced, n) for n in _constants(traced.graph)})

    def run(*inputs: Any) -> Any:
        with torch.no_grad():
            return tree_unflatten(calls(*tree_flatten(inputs)[0]), shape_of_result)

    return run


def _constants(graph: fx.Graph) -> list[str]:
    return [node.target for node in graph.nodes if node.op == "get_attr"]


def clean(graph: fx.Graph) -> None:
    """Drop what nothing reads, and views that change neither sizes nor strides."""
    for node in list(graph.nodes):
        source = node.args[0] if node.args else None
        if node.target in SAME or (node.target in VIEWS and _layout(node) == _layout(source)):
            node.replace_all_uses_with(source)
    graph.eliminate_dead_code()


def _layout(node: Any) -> Any:
    meta = node.meta.get("tensor_meta")
    return object() if meta is None else (meta.shape, meta.stride)


def as_function(graph: fx.Graph, constants: Mapping[str, Any]) -> Callable[..., Any]:
    """Return the calls of ``graph`` as one function: a line a call, a tensor freed at its last use.

    ``fx`` would look up ``torch.ops.aten.mm.default`` at every call and go through its dispatcher
    in Python; here each line calls a bound C++ function.
    """
    names = {node: f"v{i}" for i, node in enumerate(graph.nodes)}
    scope: dict[str, Any] = {}
    last = {read: node for node in graph.nodes for read in node.all_input_nodes}

    def text(value: Any) -> str:
        if isinstance(value, fx.Node):
            return names[value]
        if isinstance(value, (list, tuple)):
            return f"[{', '.join(map(text, value))}]"
        plain = value is None or isinstance(value, bool | int | str)
        if plain or (isinstance(value, float) and math.isfinite(value)):
            return repr(value)
        return bound(value)

    def bound(value: Any) -> str:
        name = f"c{len(scope)}"
        scope[name] = value
        return name

    lines, called = [], {}
    for node in graph.nodes:
        if node.op == "get_attr":
            scope[names[node]] = constants[node.target]
        elif node.op == "output":
            lines.append(f"return {text(node.args[0])}")
        elif node.op == "call_function":
            if node.target is operator.getitem:
                call = f"{text(node.args[0])}[{node.args[1]}]"
            else:
                if node.target not in called:
                    called[node.target] = bound(_callable(node.target))
                given = [text(value) for value in node.args]
                given += [f"{key}={text(value)}" for key, value in node.kwargs.items()]
                call = f"{called[node.target]}({', '.join(given)})"
            lines.append(f"{names[node]} = {call}")
            dead = [r for r in node.all_input_nodes if last[r] is node and r.op != "get_attr"]
            dead += [] if node in last else [node]
            if dead:
                lines.append(f"del {', '.join(names[r] for r in dead)}")
    arguments = ", ".join(names[node] for node in graph.nodes if node.op == "placeholder")
    exec(f"def calls({arguments}):\n    " + "\n    ".join(lines), scope)
    return scope["calls"]


def _callable(target: Any) -> Any:
    if not isinstance(target, OpOverload):
        return target
    name = target._schema.name.removeprefix("aten::")
    return getattr(torch, name) if name in BOUND else target._op
