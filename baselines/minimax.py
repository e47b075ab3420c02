"""The original minimax GAN on MNIST: a plain PyTorch loop that stands alone.

Goodfellow et al. 2014, arXiv:1406.2661, Algorithm 1. Run it: ``python baselines/minimax.py``.
"""

import lzma
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

MNIST = Path(__file__).parent.parent / "ganbench/data/mnist_idx/train-images-idx3-ubyte.xz"
LATENT, BATCH = 100, 64


def networks():
    """Return the generator and the discriminator; the latter returns logits [B, 1]."""
    generator = nn.Sequential(
        nn.Linear(LATENT, 256), nn.ReLU(),
        nn.Linear(256, 512), nn.ReLU(),
        nn.Linear(512, 1024), nn.ReLU(),
        nn.Linear(1024, 784), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Linear(784, 1024), nn.LeakyReLU(0.2), nn.Dropout(0.3),
        nn.Linear(1024, 512), nn.LeakyReLU(0.2), nn.Dropout(0.3),
        nn.Linear(512, 256), nn.LeakyReLU(0.2), nn.Dropout(0.3),
        nn.Linear(256, 1),
    )  # fmt: skip
    return generator, discriminator


def optimisers(generator, discriminator):
    """Return both optimisers, with DCGAN's constants."""
    g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    return g, d


def train_step(generator, discriminator, g_optimiser, d_optimiser, batches, draw):
    """Do one iteration of Algorithm 1: an update of D, then one of G.

    ``batches`` yields real batches [B, 784] in -1..1, ``draw(*shape)`` normal noise.
    """
    real = next(batches)
    fake = generator(draw(len(real), LATENT)).detach()
    on_real, on_fake = discriminator(real), discriminator(fake)
    d_loss = F.binary_cross_entropy_with_logits(on_real, torch.ones_like(on_real))
    d_loss = d_loss + F.binary_cross_entropy_with_logits(on_fake, torch.zeros_like(on_fake))
    d_optimiser.zero_grad()
    d_loss.backward()
    d_optimiser.step()

    logits = discriminator(generator(draw(len(real), LATENT)))
    # log(1 - sigmoid(f)) is minimised, which is minus the cross-entropy with label 0
    g_loss = -F.binary_cross_entropy_with_logits(logits, torch.zeros_like(logits))
    g_optimiser.zero_grad()
    g_loss.backward()
    g_optimiser.step()
    return d_loss.item(), g_loss.item()


def mnist_batches():
    """Yield shuffled batches [B, 784] in -1..1, for ever."""
    raw = np.frombuffer(lzma.decompress(MNIST.read_bytes()), np.uint8, offset=16)
    images = torch.from_numpy(raw.copy()).reshape(-1, 784)
    while True:
        for index in torch.randperm(len(images)).split(BATCH)[:-1]:
            yield images[index] / 127.5 - 1


def main(steps):
    """Train for ``steps`` iterations and print the losses."""
    torch.manual_seed(0)
    generator, discriminator = networks()
    g_optimiser, d_optimiser = optimisers(generator, discriminator)
    batches = mnist_batches()
    for step in range(1, steps + 1):
        d_loss, g_loss = train_step(
            generator, discriminator, g_optimiser, d_optimiser, batches, torch.randn
        )
        if step % 100 == 0:
            print(f"step {step}: d_loss {d_loss:.3f}, g_loss {g_loss:.3f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
