"""A function of tensors as the flat list of kernel calls that it makes.

``trace`` calls the function once and records every operation below autograd and ``vmap``
(``make_fx``), drops those that do nothing, and writes the rest as one Python function without
branches. Shapes, and all that is no tensor, are fixed by the example.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import fx
from torch._ops import OpOverload
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._pytree import tree_flatten, tree_leaves, tree_unflatten

from ganbench.methods._fused import adam, adam_

aten = torch.ops.aten
SAME = (aten.detach.default, aten.alias.default)  # what autograd needs, and nothing else
VIEWS = (aten.view.default, aten.expand.default, aten._unsafe_view.default)
# Operations whose function ``torch.NAME`` takes the same arguments, and is called faster.
BOUND = frozenset(
    "add addmm bmm div lerp mean mm mul neg permute pow relu rsqrt select sqrt stack sub sum t "
    "tanh transpose unsqueeze".split()
)

ADAM = torch.ops.ganbench.adam.default  # is called without torch's dispatcher


def trace(
    function: Callable[..., Any], inputs: Sequence[Any], lane: bool
) -> tuple[Callable[..., Any], bool]:
    """Return a function with the values of ``function``, and whether it overwrites its inputs.

    Args:
        inputs: positional arguments, trees of tensors; those of the result must be like them.
        lane: whether ``function`` is of one lane, without the leading axis that the inputs and the
            results of the returned function have; of inputs with more lanes the first is used.

    Raises:
        Exception: whatever torch raises of a function that looks at values.
    """
    traced, result = record(function, inputs, lane)
    free = overwritable(list(traced.graph.nodes))
    calls = as_function(traced, inputs, result, lane, free)

    def run(*inputs: Any) -> Any:
        with torch.no_grad():
            return calls(*inputs)

    return run, bool(free)


def record(
    function: Callable[..., Any],
    inputs: Sequence[Any],
    lane: bool,
    in_parts: Mapping[Any, Callable[..., Any]] | None = None,
) -> tuple[fx.GraphModule, Any]:
    """Return the graph of ``function``, and a result of it for the shape of the tree.

    Args:
        in_parts: functions that write an operation out, ``{operation: function}``.
    """
    leaves, structure = tree_flatten(tuple(inputs))
    result: Any = None

    def flat(*leaves: torch.Tensor) -> list[torch.Tensor]:
        nonlocal result
        result = function(*tree_unflatten(leaves, structure))
        return tree_leaves(result)

    given = [leaf[0] for leaf in leaves] if lane else leaves
    traced = make_fx(flat, decomposition_table=in_parts)(*given)
    clean(traced.graph)
    return traced, result


def in_trees(
    calls: Callable[..., Any], inputs: Sequence[Any], result: Any, lane: bool
) -> Callable[..., Any]:
    """Return ``calls``, from contiguous leaves to leaves, as a function from trees to trees."""
    source = Source()
    first, lead = ("[0]", "[None]") if lane else ("", "")
    given = ", ".join(f"{path}{first}.contiguous()" for path in paths([*inputs], "inputs"))
    leaves = (f"out[{i}]{lead}" for i in range(len(tree_leaves(result))))
    text = f"out = {source.bound(calls)}({given})\n    return {source.tree(result, leaves)}"
    exec(f"def run(*inputs):\n    {text}", source.scope)
    return source.scope["run"]  # type: ignore[no-any-return]


def clean(graph: fx.Graph) -> None:
    """Drop what nothing reads, what was calculated before, and views that change no layout."""
    known: dict[Any, fx.Node] = {}
    nodes = list(graph.nodes)
    changing = any(isinstance(n.target, OpOverload) and n.target._schema.is_mutable for n in nodes)
    for node in nodes:
        source = node.args[0] if node.args else None
        if node.target in SAME or (node.target in VIEWS and _layout(node) == _layout(source)):
            node.replace_all_uses_with(source)
        elif node.op == "call_function" and not changing and not _is_random(node.target):
            call = (node.target, _hashable(node.args), _hashable(node.kwargs))
            first = known.setdefault(call, node)
            if first is not node:
                node.replace_all_uses_with(first)
    graph.eliminate_dead_code()


def _is_random(target: Any) -> bool:
    """Return whether an operation gives another value each time, as far as is known."""
    if not isinstance(target, OpOverload):
        return target is not operator.getitem
    return torch.Tag.nondeterministic_seeded in target.tags


def _hashable(value: Any) -> Any:
    """Return an argument of a call as a key: 1, 1.0 and True are three."""
    if isinstance(value, Mapping):
        return tuple((key, _hashable(inner)) for key, inner in value.items())
    if isinstance(value, tuple | list):
        return tuple(map(_hashable, value))
    return value if isinstance(value, fx.Node) else (type(value), value)


def _layout(node: Any) -> Any:
    meta = node.meta.get("tensor_meta")
    return object() if meta is None else (meta.shape, meta.stride)


class Source:
    """The text of a function in the making, and the objects that it names."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.scope: dict[str, Any] = {}
        self.names: dict[fx.Node, str] = {}

    def bound(self, value: Any) -> str:
        """Return a name for an object that has no text."""
        name = f"c{len(self.scope)}"
        self.scope[name] = value
        return name

    def text(self, value: Any) -> str:
        """Return an argument of a call."""
        if isinstance(value, fx.Node):
            return self.names[value]
        if isinstance(value, list | tuple):
            return f"[{', '.join(map(self.text, value))}]"
        plain = value is None or isinstance(value, bool | int | str)
        if plain or (isinstance(value, float) and math.isfinite(value)):
            return repr(value)
        return self.bound(value)

    def tree(self, like: Any, leaves: Iterator[str]) -> str:
        """Return the text of a tree like ``like`` with other leaves."""
        if isinstance(like, Mapping):
            return f"{{{', '.join(f'{key!r}: {self.tree(like[key], leaves)}' for key in like)}}}"
        if isinstance(like, tuple | list):
            inner = ", ".join(self.tree(branch, leaves) for branch in like)
            return f"{self.bound(getattr(like, '_make', type(like)))}([{inner}])"
        return next(leaves)


def paths(tree: Any, path: str) -> Iterator[str]:
    """Yield how the leaves of ``tree`` are reached, in the order of ``tree_leaves``."""
    if isinstance(tree, Mapping):
        for key in tree:
            yield from paths(tree[key], f"{path}[{key!r}]")
    elif isinstance(tree, tuple | list):
        for i, branch in enumerate(tree):
            yield from paths(branch, f"{path}[{i}]")
    else:
        yield path


def as_function(
    traced: fx.GraphModule,
    inputs: Sequence[Any],
    result: Any,
    lane: bool,
    free: Collection[fx.Node],
) -> Callable[..., Any]:
    """Return the calls of a graph as one function: a line a call, a tensor freed at its last use.

    ``fx`` would look up ``torch.ops.aten.mm.default`` at every call and go through its dispatcher
    in Python; here each line calls a bound C++ function. Inputs and results are trees, whose leaves
    the text names one by one. The updates in ``free`` work in place.
    """
    source, nodes = Source(), list(traced.graph.nodes)
    source.names = {node: f"v{i}" for i, node in enumerate(nodes)}
    last = {read: node for node in nodes for read in node.all_input_nodes}
    first, lead = ("[0]", "[None]") if lane else ("", "")
    given = paths([*inputs], "inputs")
    called: dict[Any, str] = {}
    for node in nodes:
        name = source.names[node]
        if node.op == "placeholder":
            path = next(given)
            source.lines += [f"{name} = {path}{first}"] if node in last else []
        elif node.op == "get_attr":
            source.scope[name] = getattr(traced, node.target)
        elif node.op == "output":
            leaves = (text + lead for text in _apart(source, node.args[0]))
            source.lines.append(f"return {source.tree(result, leaves)}")
        else:
            function = adam_ if node in free else node.target
            source.lines.append(f"{name} = {_call(source, node, function, called)}")
            dead = [r for r in node.all_input_nodes if last[r] is node and r.op != "get_attr"]
            dead += [] if node in last else [node]
            source.lines += [f"del {', '.join(source.names[r] for r in dead)}"] if dead else []
    exec("def calls(*inputs):\n    " + "\n    ".join(source.lines), source.scope)
    return source.scope["calls"]  # type: ignore[no-any-return]


def _apart(source: Source, results: Sequence[Any]) -> Iterator[str]:
    """Yield the results' names, as copies where two could share memory: states are overwritten."""
    for i, result in enumerate(results):
        shared = is_view(result) or result in results[:i]
        yield source.text(result) + (".clone()" if shared else "")


def is_view(node: Any) -> bool:
    """Return whether a node may share memory with its first argument."""
    if not isinstance(node, fx.Node) or not isinstance(node.target, OpOverload):
        return False
    return any(value.alias_info is not None for value in node.target._schema.returns)


def overwritable(nodes: list[fx.Node]) -> set[fx.Node]:
    """Return the updates of an optimiser after which nothing reads what they are given.

    They may work in place. A view is read when its source is.
    """
    place = {node: i for i, node in enumerate(nodes)}

    def last_read(node: fx.Node) -> int:
        views = [last_read(user) for user in node.users if is_view(user)]
        return max([place[user] for user in node.users] + views, default=-1)

    def free(node: fx.Node, given: Any) -> bool:
        return last_read(given) <= place[node] and not is_view(given)

    return {
        node
        for node in nodes
        if node.target is ADAM and all(free(node, x) for i in (0, 2, 3) for x in node.args[i])  # type: ignore[union-attr]
    }


def _call(source: Source, node: fx.Node, function: Any, called: dict[Any, str]) -> str:
    if function is operator.getitem:
        return f"{source.text(node.args[0])}[{node.args[1]}]"
    if function not in called:
        called[function] = source.bound(_callable(function))
    given = [source.text(value) for value in node.args]
    given += [f"{key}={source.text(value)}" for key, value in node.kwargs.items()]
    return f"{called[function]}({', '.join(given)})"


def _callable(target: Any) -> Any:
    if target is ADAM:
        return adam
    if not isinstance(target, OpOverload):
        return target
    name = target._schema.name.removeprefix("aten::")
    return getattr(torch, name) if name in BOUND else target._op
