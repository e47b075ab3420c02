"""Eigenvalues of a game's vector field at a point. Mescheder et al. 2017, arXiv:1705.10461.

The field v(w) is the direction in which training moves all parameters w of both players,
(-grad of G's loss, -grad of D's loss). Near a stationary point, w' = v(w) behaves as its Jacobian
J = dv/dw says: eigenvalues with negative real part attract, a positive one repels, and imaginary
parts are rotation. Simultaneous steps of size h converge where |1 + h lambda| < 1 for all of them:
an imaginary part that is large beside the real one forces tiny steps. (Papers that take the
gradients themselves as v, such as Berard et al. 2020, have the opposite signs.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.metrics import _field, _inputs

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.core.kinds import Array
    from ganbench.metrics._field import Field

DENSE = 2_000  # parameters up to which the whole Jacobian is built
STEPS = 40


def game_jacobian_eigenvalues(field: Field, point: Any, k: int | None = None) -> Array:
    """Return eigenvalues (complex) of the Jacobian of ``field`` at ``point``, largest first.

    They are sorted by falling absolute value; of equal ones, by falling real, then imaginary part.
    Up to 2,000 parameters the Jacobian is built and solved whole; beyond, the leading ``k`` come
    from ARPACK, by products with the Jacobian alone (with its transpose, in fact, which has the
    same eigenvalues: one backward pass through the field each).

    Args:
        field: differentiable, ``[n] -> [n]``, float64; it is given a tensor that requires a
            gradient. A field that is made of gradients must be built with ``create_graph=True``.
        point: ``[n]``, all parameters of both players.
        k: how many; all by default.

    Raises:
        ValueError: no finite point or field, k out of range, or k missing beyond 2,000 parameters.
        RuntimeError: ARPACK did not converge.

    References:
        Mescheder et al. 2017, arXiv:1705.10461; 2018, arXiv:1801.04406.
    """
    w = _field.vector(point, "point")
    n = len(w)
    if k is not None:
        k = _inputs.count(k, "k", 1, n if n <= DENSE else n - 2)
    elif n > DENSE:
        raise ValueError(f"k is None and point has {n} parameters: k needed beyond {DENSE}")
    x, v = _field.at(field, w)
    eigenvalues = (
        np.linalg.eigvals(_jacobian(x, v)) if k is None or n <= DENSE else _leading(x, v, k)
    )
    order = np.lexsort((-eigenvalues.imag, -eigenvalues.real, -np.abs(eigenvalues)))
    return eigenvalues[order][:k].astype(np.complex128)


def _transposed(x: Tensor, v: Tensor, u: Tensor) -> Tensor:
    """Return the product of the Jacobian's transpose with ``u [n]``."""
    if not v.requires_grad:  # a constant field
        return torch.zeros_like(x)
    (product,) = torch.autograd.grad(v, x, u, retain_graph=True, allow_unused=True)
    return torch.zeros_like(x) if product is None else product


def _jacobian(x: Tensor, v: Tensor) -> Array:
    rows = [_transposed(x, v, one) for one in torch.eye(len(x), dtype=x.dtype, device=x.device)]
    return torch.stack(rows).cpu().numpy()


def _leading(x: Tensor, v: Tensor, k: int) -> Array:
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigs

    def product(u: Array) -> Array:
        return _transposed(x, v, torch.from_numpy(u.ravel().copy()).to(x)).cpu().numpy()

    n = len(x)
    start = np.random.default_rng(0).standard_normal(n)  # ARPACK's own would differ at every call
    operator = LinearOperator((n, n), product, dtype=np.float64)
    try:
        return eigs(operator, k, which="LM", v0=start, return_eigenvectors=False)
    except ArpackNoConvergence as problem:
        raise RuntimeError(
            f"{len(problem.eigenvalues)} of {k} eigenvalues of {n} parameters converged"
        ) from None


def ritz_values(field: Field, point: Any, steps: int) -> Array:
    """Return the eigenvalues ``[<= steps]`` of the Jacobian on a Krylov space: outer ones first.

    Arnoldi's method without restarts, from a fixed random vector: ``steps`` backward passes,
    whatever the spectrum. The outer eigenvalues are found best; all are, where ``steps`` reaches n.
    """
    x, v = _field.at(field, _field.vector(point, "point"))
    start = torch.from_numpy(np.random.default_rng(0).standard_normal(len(x))).to(x)
    basis = [start / start.norm()]
    steps = min(steps, len(x))
    h = np.zeros((steps + 1, steps))
    for j in range(steps):
        w = _transposed(x, v, basis[j])
        size = float(w.norm())
        for _ in range(2):  # the second pass restores what rounding took from orthogonality
            for i, q in enumerate(basis):
                part = float(q @ w)
                h[i, j] += part
                w = w - part * q
        h[j + 1, j] = float(w.norm())
        if h[j + 1, j] <= 1e-12 * size:  # an invariant space: these eigenvalues are exact
            steps = j + 1
            break
        basis.append(w / h[j + 1, j])
    values = np.linalg.eigvals(h[:steps, :steps])
    return values[np.argsort(-np.abs(values), kind="stable")].astype(np.complex128)


def prepare(real: Any, steps: int = STEPS) -> dict[str, Array]:
    """Return the held-out samples."""
    return {"real": np.asarray(real)}


def compute(prepared: dict[str, Array], pair: Any, steps: int = STEPS) -> dict[str, float]:
    """Return repulsion and rotation of a trained pair, on the held-out samples.

    ``game_repulsion`` is the largest real part: training moves away from here where it is above 0.
    ``game_rotation`` is the largest share of the imaginary part in an eigenvalue, 0 to 1, among
    those of at least a tenth of the largest one's size.
    """
    field = pair.field(prepared["real"])
    values = ritz_values(field, pair.flat(pair.g, pair.d), steps)
    size = np.abs(values)
    if size[0] == 0:
        return {"game_repulsion": 0.0, "game_rotation": 0.0}
    outer = size >= 0.1 * size[0]
    share = np.abs(values.imag[outer]) / size[outer]
    return {"game_repulsion": float(values.real.max()), "game_rotation": float(share.max())}


register(
    Metric(
        name="game-eigenvalues",
        quantities=(
            Quantity("game_repulsion", "1 / step", higher_is_better=False, headline=False),
            Quantity(
                "game_rotation", "share", higher_is_better=False, headline=False, role="rotation"
            ),
        ),
        needs=needs.PAIR,
        group="dynamics",
        prepare=prepare,
        compute=compute,
        version=2,
        params={"steps": STEPS},
        max_samples=256,
        final_only=True,
        paper=Paper("The Numerics of GANs", "Mescheder et al.", 2017, arxiv="1705.10461"),
    )
)
