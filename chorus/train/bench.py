"""How fast a training step is: `python -m chorus.train.bench`. Needs torch and the standard library only.

The whole step on synthetic waves: front end, masked autoencoder, backward pass, clipped AdamW. `--compare` times the
same sizes through the plain reference (reference.py), its steps in turn with ours. `--count` prints sizes.

Operations of a step: three times the multiplications and additions of the products of a forward pass. A block on N
tokens has 2 (4 d^2 + 2 d h) N + 4 d N A, where A is what a token attends to: N, or the tokens of its window.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from chorus.train.device import best, finish, forget_peak_memory, is_gpu, peak_memory_gb, peak_of, sent
from chorus.train.distributed import World, prepare
from chorus.train.ema import DECAY, Average
from chorus.train.frontend import FrontEnd
from chorus.train.mae import MaskedAutoencoder
from chorus.train.optim import guarded_step, make_optimizer, parameter_groups
from chorus.train.reference import PlainAutoencoder
from chorus.train.vit import Encoder

RECIPES = Path(__file__).parent / "recipes"
BETAS = (0.9, 0.95)

Forward = Callable[[Tensor, Tensor], Tensor]


@dataclass
class Contender:
    """A model that is timed: `learn` does one step on a batch of waves (B, samples)."""

    name: str
    model: nn.Module
    learn: Callable[[Tensor], None]
    flops: Callable[[int], float]
    first_s: float = 0.0
    times: list[float] = field(default_factory=list)


def read_recipe(name: str) -> dict[str, Any]:
    """The tables of a packaged recipe, or of one from a TOML file. Exits with a line where there is none."""
    path = RECIPES / f"{name}.toml"
    try:
        return tomllib.loads((path if path.exists() else Path(name)).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        known = ", ".join(sorted(file.stem for file in RECIPES.glob("*.toml")))
        raise SystemExit(f"{name}: no recipe that can be read ({error}); packaged are {known}") from None


def build_front_end(recipe: dict[str, Any]) -> FrontEnd:
    """The front end of a recipe's tables."""
    table = dict(recipe.get("front_end", {}))
    full_rate = {"full_rate": table.pop("full_rate_hz")} if "full_rate_hz" in table else {}
    return FrontEnd(**table, **full_rate)


def build_model(recipe: dict[str, Any], front_end: FrontEnd, decode_ratio: float | None = None) -> MaskedAutoencoder:
    """The autoencoder of a recipe's tables, with fresh weights on the default device."""
    model = MaskedAutoencoder(Encoder(**recipe["encoder"], octaves=front_end.octaves), **recipe["decoder"])
    model.decode_ratio = decode_ratio or model.decode_ratio
    return model


def build_reference(recipe: dict[str, Any], front_end: FrontEnd, frames: int) -> PlainAutoencoder:
    """The plain autoencoder of the same sizes, for clips of `frames` frames."""
    encoder, decoder = recipe["encoder"], recipe["decoder"]
    names = ("dim", "depth", "heads", "mlp")
    sizes = [part[name] for part in (encoder, decoder) for name in names]
    patch, ratio = encoder.get("patch_frames", 16), decoder.get("mask_ratio", 0.8)
    return PlainAutoencoder(front_end.bins, frames, *sizes, patch=patch, mask_ratio=ratio)


def count(recipe: dict[str, Any]) -> dict[str, int]:
    """Parameters of encoder and decoder, counted on the meta device: no memory is taken."""
    with torch.device("meta"):
        model = build_model(recipe, build_front_end(recipe))
    encoder = sum(p.numel() for p in model.encoder.parameters())
    total = sum(p.numel() for p in model.parameters())
    return {"encoder": encoder, "decoder": total - encoder, "total": total}


def spectrogram(front_end: FrontEnd, waves: Tensor, rate: int) -> tuple[Tensor, Tensor]:
    """Waves (B, samples) -> (spectrogram (B, bins, frames), resolution (B, 3))."""
    lengths = torch.full((len(waves),), waves.shape[1])
    scales = [1.0] * len(waves)
    shown, _ = front_end(waves, lengths, rate, scales)
    return shown, sent(front_end.resolutions(rate, scales), waves.device)


def learner(
    forward: Forward,
    optimizer: torch.optim.Optimizer,
    front_end: FrontEnd,
    args: argparse.Namespace,
    clip: float | None,
) -> Callable[[Tensor], None]:
    """The whole training step of a model whose loss is `forward(spectrogram, resolution)`."""
    device, half = torch.device(args.device), args.dtype == "bf16"
    parameters = [p for group in optimizer.param_groups for p in group["params"]]

    def learn(waves: Tensor) -> None:
        shown, resolution = spectrogram(front_end, waves, args.rate)
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            loss = forward(shown, resolution)
        loss.backward()
        if clip is not None:
            guarded_step(optimizer, parameters, clip)
        else:
            optimizer.step()
            optimizer.zero_grad()

    return learn


def chorus_contender(
    recipe: dict[str, Any], front_end: FrontEnd, args: argparse.Namespace, decode_ratio: float | None
) -> Contender:
    """Our model, as it is trained: fused AdamW, clipped, blocks compiled and recomputed as asked for, and the running
    average of the encoder."""
    with torch.device(args.device):
        model = build_model(recipe, front_end, decode_ratio)
    prepare(model, World(torch.device(args.device)), args.compile, args.checkpoint)
    optimizer = make_optimizer(parameter_groups(model, 1e-4, 0.05), BETAS)

    def forward(shown: Tensor, resolution: Tensor) -> Tensor:
        loss: Tensor = model(model.cover(shown, None, resolution)).loss
        return loss

    step = learner(forward, optimizer, front_end, args, 1.0)
    average = Average(model.encoder, recipe.get("pretrain", {}).get("ema", DECAY))

    def learn(waves: Tensor) -> None:
        step(waves)
        average.update(1)

    name = f"chorus, decode_ratio {model.decode_ratio:g}"
    return Contender(name, model, learn, lambda frames: model.flops(front_end.bins, frames))


def plain_contender(recipe: dict[str, Any], front_end: FrontEnd, args: argparse.Namespace, frames: int) -> Contender:
    """The reference, as it is published: nothing compiled, AdamW as it comes, no clipping. The front end is ours."""
    with torch.device(args.device):
        model = build_reference(recipe, front_end, frames)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4, BETAS, weight_decay=0.05)
    learn = learner(lambda shown, _: model(shown), optimizer, front_end, args, None)
    return Contender("plain reference MAE", model, learn, lambda _: 0.0)


def timed(device: torch.device, work: Callable[..., object], *inputs: object) -> float:
    """Seconds that `work(*inputs)` takes, the device's own work included."""
    finish(device)
    started = time.perf_counter()
    work(*inputs)
    finish(device)
    return time.perf_counter() - started


def measure(contenders: list[Contender], batches: list[Tensor], warmup: int, steps: int) -> int:
    """Warm up, then time the steps of all contenders in turn; returns how many graphs were compiled meanwhile."""
    device = batches[0].device
    for contender in contenders:
        contender.first_s = timed(device, contender.learn, batches[0])
        for step in range(1, max(warmup, len(batches))):
            contender.learn(batches[step % len(batches)])
    before = compiled_graphs()
    for step in range(max(steps, len(batches))):
        for contender in contenders:
            contender.times.append(timed(device, contender.learn, batches[step % len(batches)]))
    return compiled_graphs() - before


def compiled_graphs() -> int:
    """Graphs that torch.compile has made so far."""
    compiler = sys.modules.get("torch._dynamo.utils")
    return int(compiler.counters["stats"]["unique_graphs"]) if compiler else 0


def median_front_end(front_end: FrontEnd, batches: list[Tensor], rate: int, steps: int) -> float:
    """Seconds of the front end alone, median."""
    turns = [batches[i % len(batches)] for i in range(steps)]
    return statistics.median(timed(w.device, spectrogram, front_end, w, rate) for w in turns)


def make_batches(front_end: FrontEnd, args: argparse.Namespace, patch: int) -> list[Tensor]:
    """Noise of each length as shards hold it, cut to whole patches: (batch, samples) int16, on the device."""
    hop = front_end.geometry(args.rate).hop
    sizes = [max(1, round(s * args.rate / hop / patch)) * patch * hop for s in args.seconds]
    return [(3000 * torch.randn(args.batch, size, device=args.device)).to(torch.int16) for size in sizes]


def figures(
    contender: Contender, batches: list[Tensor], args: argparse.Namespace, hop: int, front_s: float
) -> dict[str, Any]:
    """What was measured of a contender. With several lengths it is that of a round through all of them."""
    kinds = len(batches)
    step_s = statistics.fmean(statistics.median(contender.times[i::kinds]) for i in range(kinds))
    audio_s = statistics.fmean(w.shape[1] for w in batches) / args.rate
    work = args.batch * statistics.fmean(contender.flops(w.shape[1] // hop) for w in batches)
    peak = peak_of(torch.device(args.device))
    return {
        "name": contender.name,
        "step_s": step_s,
        "clips_per_s": args.batch / step_s,
        "audio_s_per_s": args.batch * audio_s / step_s,
        "first_s": contender.first_s,
        "front_end": front_s / step_s,
        "flop": work,
        "peak_flop_per_s": peak,
        "mfu": work / step_s / peak if peak and work else None,
    }


def report(found: dict[str, Any]) -> str:
    """`figures` as lines."""
    lines = [
        "{name}: {ms:,.1f} ms/step, {clips_per_s:,.2f} clips/s, {audio_s_per_s:,.1f} audio-s/s, first step "
        "{first_s:,.1f} s, front end {share:.2f} % of the step".format(
            **found, ms=1e3 * found["step_s"], share=100 * found["front_end"]
        )
    ]
    if work := found["flop"]:
        speed, peak, mfu = work / found["step_s"], found["peak_flop_per_s"], found["mfu"]
        share = f"MFU {100 * mfu:.1f} % of {peak / 1e12:,.0f} TFLOP/s dense bf16" if peak else "no MFU"
        lines.append(f"  {work / 1e12:.3f} TFLOP/step, {speed / 1e12:,.3f} TFLOP/s, {share}")
    return "\n".join(lines)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    place = best()
    gpu = is_gpu(place)
    parser = argparse.ArgumentParser(prog="python -m chorus.train.bench", description="Time a training step.")
    parser.add_argument("--recipe", default="small", help="name of a recipe, or a TOML file")
    parser.add_argument("--count", action="store_true", help="print parameters and end")
    parser.add_argument("--compare", action="store_true", help="also time decode_ratio 1 and the plain reference")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--warmup", type=int, default=20)
    parser.add_argument("--batch", type=int, default=128 if gpu else 4, help="clips per step")
    parser.add_argument("--seconds", type=float, nargs="+", default=[10.24], help="clip lengths, taken in turn")
    parser.add_argument("--rate", type=int, default=48_000, help="sample rate in Hz")
    parser.add_argument("--device", default=place.type)
    parser.add_argument("--dtype", choices=("bf16", "fp32"), default="bf16" if gpu else "fp32", help="of autocast")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=gpu, help="compile each block")
    parser.add_argument("--decode-ratio", type=float, help="share of hidden patches that are predicted")
    parser.add_argument("--checkpoint", action="store_true", help="keep only products and attention for backward")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file too")
    args = parser.parse_args(arguments)
    if args.compare and len(args.seconds) > 1:
        parser.error("--compare takes one length: the reference has places for one")
    return args


def setting(args: argparse.Namespace, batches: list[Tensor]) -> str:
    """What is measured, in a line."""
    lengths = " and ".join(f"{w.shape[1] / args.rate:g}" for w in batches)
    return (
        f"{args.device}, {args.dtype}, {torch.get_num_threads()} threads, batch {args.batch} x {lengths} s at "
        f"{args.rate} Hz, blocks {'compiled' if args.compile else 'not compiled'}, {args.warmup} warm-up and "
        f"{args.steps} timed steps, medians"
    )


def race(recipe: dict[str, Any], args: argparse.Namespace) -> list[dict[str, Any]]:
    """Time the step, with `--compare` the same with all patches decoded and the reference's; print and return the
    figures."""
    device, front_end = torch.device(args.device), build_front_end(recipe)
    batches = make_batches(front_end, args, recipe["encoder"].get("patch_frames", 16))
    hop = front_end.geometry(args.rate).hop
    print(setting(args, batches))
    makers = [lambda: chorus_contender(recipe, front_end, args, args.decode_ratio)]
    if args.compare:
        makers.append(lambda: chorus_contender(recipe, front_end, args, 1.0))
        makers.append(lambda: plain_contender(recipe, front_end, args, batches[0].shape[1] // hop))
    found = []
    for turn in [[make] for make in makers] if is_gpu(device) else [makers]:  # on a GPU two may not fit
        forget_peak_memory(device)
        contenders = [make() for make in turn]
        graphs = measure(contenders, batches, args.warmup, args.steps)
        front_s = median_front_end(front_end, batches, args.rate, args.steps)
        for contender in contenders:
            found.append(figures(contender, batches, args, hop, front_s))
            found[-1] |= {"recompilations": graphs, "memory_gb": peak_memory_gb(device)}
            print(report(found[-1]))
        print(f"  {graphs} recompilations in the timed steps; peak memory {peak_memory_gb(device):.1f} GB")
        del contenders, contender
    for ours in found[:-1] if args.compare else []:
        ratio = found[-1]["step_s"] / ours["step_s"]
        print(f"{ours['name']}: {ratio:.2f} times as fast as the plain reference MAE")
    return found


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line; print sizes, then figures."""
    args = parse(arguments)
    recipe = read_recipe(args.recipe)
    print(f"{recipe['name']}: " + ", ".join(f"{name} {number:,}" for name, number in count(recipe).items()))
    if args.count:
        return
    found = race(recipe, args)
    if args.json:
        args.json.write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
