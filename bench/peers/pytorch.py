"""Times PyTorch's own kernels on one thread, for docs/performance.md: python3 bench/peers/pytorch.py

Each operator is called directly, without autograd, on tensors made once; PyTorch allocates its results. Times are the best of
many rounds, beside those of copying x in the same rounds.
"""

import time

import torch

LAYER_NORM = [(128, 768), (1024, 768), (4096, 768), (65536, 64), (1024, 4096)]
GROUP_NORM = [(8, 256, 32, 32), (2, 320, 64, 64)]
GROUPS = 32
EPS = 1e-5
SECONDS = 2.0


def layer_norm(shape):
    n = shape[-1:]
    x, dy = torch.randn(shape), torch.randn(shape)
    weight, bias = torch.randn(n), torch.randn(n)
    _, mean, rstd = torch.ops.aten.native_layer_norm(x, n, weight, bias, EPS)
    backward = torch.ops.aten.native_layer_norm_backward
    yield "layer norm", x, lambda: torch.ops.aten.native_layer_norm(x, n, weight, bias, EPS)
    for what, mask in masks():
        yield "layer norm backward" + what, x, lambda: backward(dy, x, n, mean, rstd, weight, bias, mask)


def group_norm(shape):
    samples, channels = shape[:2]
    sizes = (samples, channels, shape[2] * shape[3], GROUPS)
    x, dy = torch.randn(shape), torch.randn(shape)
    weight, bias = torch.randn(channels), torch.randn(channels)
    _, mean, rstd = torch.ops.aten.native_group_norm(x, weight, bias, *sizes, EPS)
    backward = torch.ops.aten.native_group_norm_backward
    yield "group norm", x, lambda: torch.ops.aten.native_group_norm(x, weight, bias, *sizes, EPS)
    for what, mask in masks():
        yield "group norm backward" + what, x, lambda: backward(dy, x, mean, rstd, weight, *sizes, mask)


def masks():
    return [("", [True, True, True]), (" input", [True, False, False])]


def best(runs):
    """The best time of each of some functions, in seconds, taken in turns."""
    times = [float("inf")] * len(runs)
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        for index, run in enumerate(runs):
            run()
            start = time.perf_counter()
            run()
            times[index] = min(times[index], time.perf_counter() - start)
    return times


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"PyTorch {torch.__version__}, one thread\n")
    print(f"{'':42}{'ms':>8}  {'ns per element':>14}  {'copies':>6}")
    for make, shapes in ((layer_norm, LAYER_NORM), (group_norm, GROUP_NORM)):
        for shape in shapes:
            for name, x, run in make(shape):
                copy = torch.empty_like(x)
                seconds, copying = best([run, lambda: copy.copy_(x)])
                label = f"{name} {list(shape)}".replace(", ", ",")
                print(f"{label:42}{seconds * 1e3:8.3f}  {seconds * 1e9 / x.numel():14.3f}  {seconds / copying:6.1f}")


if __name__ == "__main__":
    with torch.no_grad():
        main()
