#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Training speed of `prunedamr train` against the same network in Python's torch.

    train_peer.py build/bin/prunedamr [--arch amr_s resnet56] [--threads 1 2] [--rounds 3] [--json out.json]

The network is read from the model file that the tool writes and rebuilt of torch.nn modules. Both train on the same
frames with Adam, batch 128, cross-entropy and random phase rotation, in float32, denormals flushed; the peer in the
faster of torch's two memory formats. Runs alternate; validation and start are not counted. Needs python3-torch; without
it the program says so and ends with 77.
"""
import argparse
import json
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SKIPPED = 77
BATCH = 128

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError:
    print("skipped: /usr/bin/python3 has no torch (apt-get install python3-torch)")
    sys.exit(SKIPPED)


def read_safetensors(path):
    """Metadata and tensors of a file."""
    content = Path(path).read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + size])
    metadata = header.pop("__metadata__", {})
    types = {"F32": torch.float32, "I32": torch.int32, "I64": torch.int64, "U8": torch.uint8}
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        if entry["dtype"] in types and end > begin:
            flat = torch.frombuffer(bytearray(content[begin:end]), dtype=types[entry["dtype"]])
            tensors[name] = flat.reshape(entry["shape"])
    return metadata, tensors


class Peer(nn.Module):
    """The graph of a model file, run by torch.nn."""

    def __init__(self, path):
        super().__init__()
        metadata, tensors = read_safetensors(path)
        self.nodes = json.loads(metadata["prunedamr"])["nodes"]
        self.steps = nn.ModuleDict()
        for node in self.nodes:
            module = self.module_of(node, tensors)
            if module is not None:
                prefix = node["name"] + "."
                own = {name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)}
                module.load_state_dict(own, strict=False)
                self.steps[node["name"].replace(".", "/")] = module

    @staticmethod
    def module_of(node, tensors):
        if node["op"] == "conv":
            shape = tensors[node["name"] + ".weight"].shape
            return nn.Conv2d(shape[1] * node["groups"], shape[0], tuple(node["kernel"]), tuple(node["stride"]),
                             tuple(node["padding"]), groups=node["groups"], bias=node["bias"])
        if node["op"] == "batch_norm":
            return nn.BatchNorm2d(len(tensors[node["name"] + ".weight"]), eps=node["epsilon"])
        if node["op"] == "linear":
            shape = tensors[node["name"] + ".weight"].shape
            return nn.Linear(shape[1], shape[0], bias=node["bias"])
        if node["op"] == "dropout":
            return nn.Dropout(node["dropout"])
        return None

    def run(self, node, inputs):
        op, x = node["op"], inputs[0]
        name = node["name"].replace(".", "/")
        if op == "linear":
            return self.steps[name](x.flatten(1))
        if name in self.steps:
            return self.steps[name](x)
        if op == "pad_channels":
            return functional.pad(x, (0, 0, 0, 0, 0, node["out_channels"] - x.shape[1]))
        plain = {"as_image": lambda: x.transpose(1, 2), "relu": lambda: functional.relu(x), "add": lambda: sum(inputs),
                 "mul": lambda: x * inputs[1], "concat": lambda: torch.cat(inputs, 1), "detach": x.detach,
                 "sigmoid": lambda: torch.sigmoid(x), "flatten": lambda: x.flatten(1),
                 "global_avg_pool": lambda: x.mean((2, 3), keepdim=True)}
        if op not in plain:
            sys.exit(f"train_peer.py: operation '{op}' of {node['name']} has no counterpart here")
        return plain[op]()

    def forward(self, frames):
        values = {self.nodes[0]["name"]: frames.unsqueeze(2)}
        for node in self.nodes[1:]:
            values[node["name"]] = self.run(node, [values[name] for name in node["inputs"]])
        return values[self.nodes[-1]["name"]].flatten(1)


def rotated(frames):
    phase = 2 * torch.pi * torch.rand(len(frames), 1)
    c, s = torch.cos(phase), torch.sin(phase)
    i, q = frames[:, 0], frames[:, 1]
    return torch.stack([c * i - s * q, s * i + c * q], 1)


def train(model, frames, labels, epochs, memory_format):
    """Frames per second."""
    model = model.to(memory_format=memory_format).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    begin = time.monotonic()
    for _ in range(epochs):
        right, loss_sum = 0, 0.0
        for indices in torch.randperm(len(frames)).split(BATCH):
            batch = rotated(frames[indices])
            logits = model(batch)
            loss = functional.cross_entropy(logits, labels[indices])
            loss_sum += loss.item() * len(indices)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            right += (logits.argmax(1) == labels[indices]).sum().item()
    return len(frames) * epochs / (time.monotonic() - begin)


def be_the_peer(model, data, threads, epochs):
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    _, tensors = read_safetensors(data)
    kept = tensors["part"] == 0
    frames, labels = tensors["frames"][kept], tensors["label"][kept].long()
    rates = [train(Peer(model), frames, labels, epochs, layout)
             for layout in (torch.contiguous_format, torch.channels_last)]
    print(json.dumps({"frames_per_s": max(rates), "contiguous": rates[0], "channels_last": rates[1]}))


def ours(tool, arch, data, threads, epochs, folder):
    """Frames per second of the tool."""
    report = folder / "ours.json"
    subprocess.run([tool, "train", "--arch", arch, "--data", data, "--out", folder / f"{arch}.safetensors", "--epochs",
                    str(epochs), "--batch", str(BATCH), "--threads", str(threads), "--schedule", "constant", "--json",
                    report], check=True, capture_output=True)
    return json.loads(report.read_text())["train"]["frames_per_s"]


def compare(tool, arch, threads, data, options, folder):
    rates = {"ours": [], "peer": []}
    for _ in range(options.rounds):
        rates["ours"].append(ours(tool, arch, data, threads, options.epochs, folder))
        line = [sys.executable, __file__, "--peer", folder / f"{arch}.safetensors", data, str(threads),
                str(options.epochs)]
        answer = subprocess.run(line, check=True, capture_output=True, text=True).stdout
        rates["peer"].append(json.loads(answer)["frames_per_s"])
    ratio = statistics.median(a / b for a, b in zip(rates["ours"], rates["peer"]))
    print(f"{arch:10} {threads} thread{'s' if threads > 1 else ' '}  prunedamr {statistics.median(rates['ours']):8.0f}"
          f"  torch {torch.__version__} {statistics.median(rates['peer']):8.0f} frames/s  ratio {ratio:.2f}", flush=True)
    return {"arch": arch, "threads": threads, "ratio": ratio, **rates}


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "--peer":
        be_the_peer(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tool")
    parser.add_argument("--arch", nargs="+", default=["amr_s", "resnet56"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--frames-per-cell", type=int, default=6, help="of 220 cells")
    parser.add_argument("--json")
    options = parser.parse_args()
    tool = Path(options.tool).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "d.safetensors"
        subprocess.run([tool, "synth", "--recipe", "rml2016a", "--frames-per-cell", str(options.frames_per_cell),
                        "--out", data], check=True, capture_output=True)
        results = [compare(tool, arch, threads, data, options, folder)
                   for arch in options.arch for threads in options.threads]
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1))
    if not all(result["ratio"] > 0 for result in results):
        sys.exit("train_peer.py: nothing was measured")


if __name__ == "__main__":
    main()
