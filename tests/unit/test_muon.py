"""The optimiser of students made from scratch."""

import pytest
import torch
from torch import nn

from understudy.learn.muon import Muon, orthogonalise


@pytest.mark.parametrize("shape", [(16, 16), (16, 48), (48, 16)])
def test_singular_values_come_close_to_one(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    matrices = torch.randn(3, *shape)
    values = torch.linalg.svdvals(orthogonalise(matrices))
    assert values.min() > 0.5
    assert values.max() < 1.3


def test_a_batch_is_orthogonalised_matrix_by_matrix() -> None:
    torch.manual_seed(0)
    one, other = torch.randn(2, 8, 8)
    both = orthogonalise(torch.stack([one, 100 * other]))
    assert torch.allclose(both[1], orthogonalise(other[None])[0], atol=1e-4)


def test_only_matrices_inside_the_blocks_are_orthogonalised() -> None:
    model = nn.ModuleDict({"embed": nn.Embedding(5, 4), "proj": nn.Linear(4, 4)})
    matrices, others = Muon(model.named_parameters(), 0.1, 0.2, 0.0).param_groups
    assert [p.shape for p in matrices["params"]] == [(4, 4)]
    assert [p.shape for p in others["params"]] == [(5, 4), (4,)]
    assert (matrices["lr"], others["lr"]) == (0.2, 0.1)


def test_its_other_half_is_adamw() -> None:
    ours, theirs = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))
    muon = Muon([("bias", ours)], 0.1, 0.2, 0.5)
    adamw = torch.optim.AdamW([theirs], lr=0.1, betas=(0.9, 0.99), weight_decay=0.5)
    for step in range(3):
        for parameter, optimizer in ((ours, muon), (theirs, adamw)):
            parameter.grad = torch.tensor([0.5, -1.0, step])
            optimizer.step()
    assert torch.allclose(ours, theirs, atol=1e-6)


def test_it_fits_a_linear_map() -> None:
    torch.manual_seed(0)
    inputs, wanted = torch.randn(64, 8), torch.randn(8, 8)
    layer = nn.Linear(8, 8)
    muon = Muon(layer.named_parameters(), 0.01, 0.05, 0.0)
    losses = []
    for _ in range(150):
        loss = (layer(inputs) - inputs @ wanted).square().mean()
        losses.append(float(loss.detach()))
        loss.backward()
        muon.step()
        muon.zero_grad()
    assert losses[-1] < 0.05 * losses[0]
