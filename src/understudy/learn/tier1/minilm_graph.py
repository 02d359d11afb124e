"""Writes MiniLM's weights down as an ONNX graph, in fp32 or with int8 matrices.

Built from the safetensors file alone: neither torch nor transformers is loaded, and the same
weights give the same graph. Runs once; what it writes is read by minilm.py.
"""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import orjson
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

from understudy.learn.tier1.tensors import Array

_OPSET = 20


class _Graph:
    """Nodes in the order of computation; every call returns the name of its result."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, Array] = {}
        self._weights = weights

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

    def weight(self, name: str, *, transposed: bool = False) -> str:
        value = self._weights[name]
        self.constants[name] = np.ascontiguousarray(value.T) if transposed else value
        return name

    def constant(self, name: str, value: Array) -> str:
        self.constants[name] = value
        return name

    def linear(self, x: str, name: str) -> str:
        product = self.op("MatMul", x, self.weight(f"{name}.weight", transposed=True))
        return self.op("Add", product, self.weight(f"{name}.bias"))

    def norm(self, x: str, name: str, epsilon: float) -> str:
        scale, shift = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.op("LayerNormalization", x, scale, shift, axis=-1, epsilon=epsilon)


def write_graph(
    weights: Mapping[str, Array], heads: int, epsilon: float, target: Path, *, int8: bool
) -> None:
    """Token ids and mask in, one unit vector a row out (mean over the tokens that the mask keeps)."""
    model = _build(weights, heads, epsilon)
    partial = target.with_name(f".{target.name}.partial")
    if not int8:
        onnx.save(model, partial)
    else:
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            plain = Path(folder) / "fp32.onnx"
            onnx.save(model, plain)
            # A scale for each column of a matrix: one for the whole matrix costs much more.
            quantize_dynamic(
                plain,
                partial,
                per_channel=True,
                weight_type=QuantType.QInt8,
                op_types_to_quantize=["MatMul"],
                extra_options={"MatMulConstBOnly": True},
            )
    partial.rename(target)


def _build(weights: Mapping[str, Array], heads: int, epsilon: float) -> onnx.ModelProto:
    graph = _Graph(weights)
    words = weights["embeddings.word_embeddings.weight"]
    width = words.shape[1]
    layers = 1 + max(int(n.split(".")[2]) for n in weights if n.startswith("encoder.layer."))
    graph.constant("split", np.array([0, 0, heads, width // heads], dtype=np.int64))
    graph.constant("merge", np.array([0, 0, width], dtype=np.int64))
    graph.constant("root", np.array((width // heads) ** -0.5, dtype=np.float32))
    x = _embed(graph, epsilon)
    bias = _mask_bias(graph)
    for number in range(layers):
        x = _layer(graph, x, bias, f"encoder.layer.{number}", epsilon)
    out = _pool(graph, x)
    tokens = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("ids", "mask")
    ]
    result = helper.make_tensor_value_info(out, TensorProto.FLOAT, ["batch", width])
    constants = [numpy_helper.from_array(value, name) for name, value in graph.constants.items()]
    body = helper.make_graph(graph.nodes, "minilm", tokens, [result], constants)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", _OPSET)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    return model


def _embed(graph: _Graph, epsilon: float) -> str:
    graph.constant("zero", np.array(0, dtype=np.int64))
    graph.constant("one", np.array(1, dtype=np.int64))
    graph.constant("second", np.array(1, dtype=np.int64))
    words = graph.op("Gather", graph.weight("embeddings.word_embeddings.weight"), "ids")
    length = graph.op("Gather", graph.op("Shape", "ids"), "second")
    places = graph.op("Range", "zero", length, "one")
    positions = graph.op("Gather", graph.weight("embeddings.position_embeddings.weight"), places)
    kinds = graph.op("Gather", graph.weight("embeddings.token_type_embeddings.weight"), "zero")
    x = graph.op("Add", graph.op("Add", words, positions), kinds)
    return graph.norm(x, "embeddings.LayerNorm", epsilon)


def _mask_bias(graph: _Graph) -> str:
    """Zero where a token may be looked at, far below zero where not; broadcast over heads and rows."""
    graph.constant("axes", np.array([1, 2], dtype=np.int64))
    graph.constant("unit", np.array(1, dtype=np.float32))
    graph.constant("far", np.array(-1e4, dtype=np.float32))
    mask = graph.op("Cast", "mask", to=TensorProto.FLOAT)
    return graph.op("Unsqueeze", graph.op("Mul", graph.op("Sub", "unit", mask), "far"), "axes")


def _layer(graph: _Graph, x: str, bias: str, name: str, epsilon: float) -> str:
    def split(which: str, order: list[int]) -> str:
        flat = graph.linear(x, f"{name}.attention.self.{which}")
        return graph.op("Transpose", graph.op("Reshape", flat, "split"), perm=order)

    query, value = split("query", [0, 2, 1, 3]), split("value", [0, 2, 1, 3])
    key = split("key", [0, 2, 3, 1])
    logits = graph.op("Add", graph.op("Mul", graph.op("MatMul", query, key), "root"), bias)
    mixed = graph.op("MatMul", graph.op("Softmax", logits, axis=-1), value)
    flat = graph.op("Reshape", graph.op("Transpose", mixed, perm=[0, 2, 1, 3]), "merge")
    out = graph.linear(flat, f"{name}.attention.output.dense")
    x = graph.norm(graph.op("Add", out, x), f"{name}.attention.output.LayerNorm", epsilon)
    wide = graph.op("Gelu", graph.linear(x, f"{name}.intermediate.dense"))
    out = graph.linear(wide, f"{name}.output.dense")
    return graph.norm(graph.op("Add", out, x), f"{name}.output.LayerNorm", epsilon)


def _pool(graph: _Graph, x: str) -> str:
    graph.constant("last", np.array([-1], dtype=np.int64))
    graph.constant("middle", np.array([1], dtype=np.int64))
    mask = graph.op("Cast", "mask", to=TensorProto.FLOAT)
    kept = graph.op("Mul", x, graph.op("Unsqueeze", mask, "last"))
    total = graph.op("ReduceSum", kept, "middle", keepdims=0)
    # A mean and a sum differ by a factor, and the vector is brought to length one anyway.
    return graph.op("LpNormalization", total, axis=-1, p=2)


def main(source: str, target: str, precision: str) -> None:
    """Write the graph of the model in a folder."""
    folder = Path(source)
    config = orjson.loads((folder / "config.json").read_bytes())
    write_graph(
        load_file(folder / "model.safetensors"),
        config["num_attention_heads"],
        config["layer_norm_eps"],
        Path(target),
        int8=precision == "int8",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
