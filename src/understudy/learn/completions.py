"""TRL's SFT trainer with a loss that looks at the learned tokens alone, for training on a processor.

Without Triton TRL scores every position, the prompt's and the padding too, and scores it twice: a
quarter of a tiny student's step. The loss is the same number. On CUDA TRL's own trainer is used.
"""

from typing import Any

from peft import PeftModel
from torch import Tensor
from torch.nn import functional as F
from transformers import PreTrainedModel
from trl.trainer.sft_trainer import SFTTrainer

from understudy.learn.rendering import IGNORED


class CompletionTrainer(SFTTrainer):
    """Reports what TRL's reports of a step: mean token accuracy, tokens so far."""

    def compute_loss(
        self,
        model: PreTrainedModel | PeftModel,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        if return_outputs or not model.training:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        logits_NV, targets_N = completion_logits(model, inputs)
        learned = targets_N.numel() if num_items_in_batch is None else num_items_in_batch
        correct_N = logits_NV.detach().argmax(dim=-1) == targets_N
        self._total_train_tokens += int(inputs["attention_mask"].sum())
        reported = self._metrics["train"]
        reported["mean_token_accuracy"].append(correct_N.float().mean().item())
        reported["num_tokens"] = [self._total_train_tokens]
        return F.cross_entropy(logits_NV.float(), targets_N, reduction="sum") / learned


def completion_logits(
    model: PreTrainedModel | PeftModel, inputs: dict[str, Tensor]
) -> tuple[Tensor, Tensor]:
    """Logits (N, vocabulary) before each of the N learned tokens of a batch, and those tokens (N)."""
    causal = model.get_base_model() if isinstance(model, PeftModel) else model
    hidden_BTH = causal.base_model(
        input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False
    ).last_hidden_state
    targets_BT = inputs["labels"][:, 1:]
    learned_BT = targets_BT != IGNORED
    hidden_NH = hidden_BTH[:, :-1][learned_BT]
    return causal.get_output_embeddings()(hidden_NH), targets_BT[learned_BT]
