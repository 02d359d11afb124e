"""Muon for the matrices inside the blocks, AdamW for everything else, as one optimiser.

A tiny student learns its task in about half the tokens that AdamW alone needs (experiments).
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

# Jordan et al. 2024, "Muon: an optimizer for hidden layers": five Newton-Schulz steps with these
# coefficients bring every singular value near one.
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_STEPS = 5
_MOMENTUM = 0.95
_BETAS = (0.9, 0.99)
_EPSILON = 1e-8


def orthogonalise(matrices_KRC: Tensor) -> Tensor:
    """The nearest (semi-)orthogonal matrix of each, roughly; all of one shape at once."""
    a, b, c = _COEFFICIENTS
    tall = matrices_KRC.shape[-2] > matrices_KRC.shape[-1]
    x_KRC = matrices_KRC.mT if tall else matrices_KRC
    x_KRC = x_KRC / (x_KRC.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    for _ in range(_STEPS):
        gram_KRR = x_KRC @ x_KRC.mT
        x_KRC = a * x_KRC + (b * gram_KRR + c * gram_KRR @ gram_KRR) @ x_KRC
    return x_KRC.mT if tall else x_KRC


class Muon(torch.optim.Optimizer):
    """Two kinds of group, told apart by `muon`; each has its own learning rate."""

    def __init__(
        self,
        named: Iterable[tuple[str, Tensor]],
        lr: float,
        matrix_lr: float,
        weight_decay: float,
        precision: torch.dtype = torch.float32,
    ) -> None:
        """`precision` is of the orthogonalisation: bf16 is enough, and slow where it is emulated."""
        matrices: list[Tensor] = []
        others: list[Tensor] = []
        for name, parameter in named:
            inside = parameter.ndim == 2 and "embed" not in name and "lm_head" not in name
            (matrices if inside else others).append(parameter)
        groups = [
            {"params": matrices, "lr": matrix_lr, "muon": True},
            {"params": others, "lr": lr, "muon": False},
        ]
        super().__init__(groups, {"weight_decay": weight_decay})
        self._precision = precision

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:
        if closure is not None:
            closure()
        for group in self.param_groups:
            (self._step_matrices if group["muon"] else self._step_others)(group)

    def _step_matrices(self, group: dict[str, Any]) -> None:
        by_shape: dict[tuple[int, ...], list[Tensor]] = {}
        for parameter in group["params"]:
            if parameter.grad is not None:
                by_shape.setdefault(tuple(parameter.shape), []).append(parameter)
        for (rows, columns), parameters in by_shape.items():
            pushes = [self._push(one, one.grad) for one in parameters if one.grad is not None]
            updates = orthogonalise(torch.stack(pushes).to(self._precision)).to(parameters[0].dtype)
            scale = max(1.0, rows / columns) ** 0.5
            for parameter, update in zip(parameters, updates, strict=True):
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.add_(update, alpha=-group["lr"] * scale)

    def _push(self, parameter: Tensor, gradient: Tensor) -> Tensor:
        """Nesterov momentum."""
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        state["momentum"].lerp_(gradient, 1 - _MOMENTUM)
        return torch.lerp(gradient, state["momentum"], _MOMENTUM)

    def _step_others(self, group: dict[str, Any]) -> None:
        first, second = _BETAS
        for parameter in group["params"]:
            if parameter.grad is None:
                continue
            state = self.state[parameter]
            if "step" not in state:
                state["step"] = torch.zeros(())
                state["mean"] = torch.zeros_like(parameter)
                state["square"] = torch.zeros_like(parameter)
            state["step"] += 1
            step = float(state["step"])
            state["mean"].lerp_(parameter.grad, 1 - first)
            state["square"].lerp_(parameter.grad.square(), 1 - second)
            mean = state["mean"] / (1 - first**step)
            root = (state["square"] / (1 - second**step)).sqrt_().add_(_EPSILON)
            parameter.mul_(1 - group["lr"] * group["weight_decay"])
            parameter.addcdiv_(mean, root, value=-group["lr"])
