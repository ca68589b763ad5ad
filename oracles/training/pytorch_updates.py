"""Writes packages/training/src/solver/fixtures/updates.pytorch.json: what PyTorch's optimisers and schedulers do.

Run: /usr/bin/python3 oracles/training/pytorch_updates.py      (Debian 12: python3-torch)

Two weights, eight updates of gradients that are drawn here and stored. Caffe keeps the learning rate inside the velocity,
so its rule is PyTorch's SGD with rate 1 on gradients that decay and rate have been multiplied into; where the rate is
constant, PyTorch's own rate, momentum and weight decay give the same, and this script asserts it.
"""
import json, pathlib, torch
from torch.optim.lr_scheduler import ExponentialLR, LambdaLR, MultiStepLR, PolynomialLR, StepLR

torch.manual_seed(1)
double = torch.float64
NAMES = ["conv/kernel", "conv/bias"]
START = {"conv/kernel": torch.randn(2, 3, dtype=double), "conv/bias": torch.randn(3, dtype=double)}
UPDATES, PARTS = 8, 3
GRADIENTS = [[{name: torch.randn_like(START[name]) for name in NAMES} for _ in range(PARTS)] for _ in range(UPDATES)]
MULTIPLIERS = {"conv/kernel": (1, 1), "conv/bias": (2, 0)}


def trajectory(optimiser, weights, prepare, parts=1, schedule=None):
    """Weights after every update; `prepare` turns the stored gradients of an update into weight.grad."""
    states = []
    for update in range(UPDATES):
        for name in NAMES:
            weights[name].grad = sum(part[name] for part in GRADIENTS[update][:parts])
        prepare(update)
        optimiser.step()
        if schedule:
            schedule.step()
        states.append({name: weights[name].detach().flatten().tolist() for name in NAMES})
    return states


def fresh():
    return {name: START[name].clone().requires_grad_() for name in NAMES}


def grouped(weights, rate, decay):
    return [
        {"params": [weights[name]], "lr": rate * MULTIPLIERS[name][0], "weight_decay": decay * MULTIPLIERS[name][1]}
        for name in NAMES
    ]


def caffe(rate_at, momentum, decay, parts=1, clip=None):
    weights = fresh()
    optimiser = torch.optim.SGD(list(weights.values()), lr=1, momentum=momentum)

    def prepare(update):
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(list(weights.values()), clip)
        for name in NAMES:
            rate_multiplier, decay_multiplier = MULTIPLIERS[name]
            gradient = weights[name].grad / parts + decay * decay_multiplier * weights[name].detach()
            weights[name].grad = rate_at(update) * rate_multiplier * gradient

    return trajectory(optimiser, weights, prepare, parts)


def torch_sgd(rate, momentum, decay):
    weights = fresh()
    return trajectory(torch.optim.SGD(grouped(weights, rate, decay), lr=rate, momentum=momentum), weights, lambda _: None)


def torch_adam(decay, rates=None, **settings):
    weights = fresh()
    optimiser = torch.optim.Adam(grouped(weights, 0.01, decay), lr=0.01, **settings)
    return trajectory(optimiser, weights, lambda _: None)


def rates(make, base, steps=40):
    """What a scheduler sets, iteration by iteration."""
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
    scheduler = make(optimiser)
    found = []
    for _ in range(steps):
        found.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return found


def step(update):
    return 0.1 * 0.5 ** (update // 3)


constant = torch_sgd(0.1, 0.9, 0.05)
same = caffe(lambda _: 0.1, 0.9, 0.05)
assert all(
    torch.allclose(torch.tensor(a[name]), torch.tensor(b[name]), atol=1e-7, rtol=0)
    for a, b in zip(constant, same) for name in NAMES
)
out = pathlib.Path(__file__).parents[2] / "packages/training/src/solver/fixtures/updates.pytorch.json"
out.write_text(json.dumps({
    "madeBy": f"oracles/training/pytorch_updates.py, PyTorch {torch.__version__}",
    "start": {name: {"shape": list(value.shape), "values": value.flatten().tolist()} for name, value in START.items()},
    "gradients": [[{name: part[name].flatten().tolist() for name in NAMES} for part in parts] for parts in GRADIENTS],
    "sgd": {
        "constant rate": constant,
        "step rate": caffe(step, 0.99, 0.05),
        "three batches": caffe(step, 0.9, 0.05, parts=3),
        "three batches, clipped": caffe(step, 0.9, 0.05, parts=3, clip=2.5),
    },
    "adam": {"plain": torch_adam(0), "other settings": torch_adam(0.05, betas=(0.5, 0.9), eps=1e-3)},
    "schedules": {
        "fixed": rates(lambda o: LambdaLR(o, lambda i: 1), 1e-10),
        "step": rates(lambda o: StepLR(o, 7, 0.1), 0.01),
        "exp": rates(lambda o: ExponentialLR(o, 0.9), 0.01),
        "inv": rates(lambda o: LambdaLR(o, lambda i: (1 + 0.1 * i) ** -0.75), 0.01),
        "multistep": rates(lambda o: MultiStepLR(o, [3, 10, 30], 0.1), 0.01),
        "poly": rates(lambda o: PolynomialLR(o, 30, 0.9), 0.01),
        "sigmoid": rates(lambda o: LambdaLR(o, lambda i: torch.sigmoid(torch.tensor(-0.3 * (i - 20), dtype=double)).item()), 0.01),
    },
}, indent=0) + "\n")
