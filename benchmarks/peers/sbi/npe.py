"""Neural posterior estimation as users of sbi do it: NPE on a pooled embedding, then one posterior at a time.

    python npe.py IN.npz OUT.npz SECONDS

Reads theta [T, 2], x [T, N, K + 1] (padded, last column 1 for a judgment and 0 for padding) to train on, and for each
set i: x_i [N, K + 1], grid_i [Q, 2]. Trains for at most SECONDS, with early stopping as sbi has it. Writes for each
set the log-density on its grid, draws [1000, 2] and the seconds one posterior took.
"""

import sys
import time

import numpy as np
import torch
from sbi.inference import NPE
from sbi.neural_nets import posterior_nn
from torch import nn

DRAWS, REPEATS = 1000, 5


class Pooled(nn.Module):
    """A sum over judgments of what a small network sees in each, beside their number.

    Written out because sbi's PermutationInvariantEmbedding 0.27 counts NaN-padded trials wrongly when one
    trial has several numbers and sets in a batch differ in size.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.each = nn.Sequential(nn.Linear(width, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 32))
        self.all = nn.Sequential(nn.Linear(66, 128), nn.SiLU(), nn.Linear(128, 64), nn.SiLU(), nn.Linear(64, 32))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mask = x[..., -1:]
        count = mask.sum(1)
        total = (self.each(x[..., :-1]) * mask).sum(1)
        n = count + 1
        return self.all(torch.cat([total / n, total / n.sqrt(), n.log(), 1 / n], 1))


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    given = dict(np.load(sys.argv[1]))
    limit = float(sys.argv[3])
    theta, x = torch.as_tensor(given["theta"]).float(), torch.as_tensor(given["x"]).float()
    prior = torch.distributions.MultivariateNormal(
        torch.as_tensor(given["prior_mean"]).float(), torch.diag(torch.as_tensor(given["prior_sd"]).float() ** 2)
    )
    network = posterior_nn(model="zuko_nsf", embedding_net=Pooled(x.shape[-1] - 1), z_score_x="none")
    inference = NPE(prior=prior, density_estimator=network, show_progress_bars=False)
    inference.append_simulations(theta, x, exclude_invalid_x=False)
    began = time.perf_counter()
    inference.train(max_num_epochs=1, training_batch_size=200)
    # sbi counts epochs, not seconds: a first one is slow, so the rest are allotted by what they turn out to take
    while True:
        took = float(np.median(inference.summary["epoch_durations_sec"][-5:]))
        more = int((limit - (time.perf_counter() - began)) / took)
        if more < 1:
            break
        most = inference.epoch + more - 1
        inference.train(max_num_epochs=most, resume_training=True, training_batch_size=200)
        if inference.epoch <= most:
            break  # it stopped early: nothing was gained for twenty epochs
    training = time.perf_counter() - began
    posterior = inference.build_posterior()
    out = {"training_s": training, "epochs": len(inference.summary["validation_loss"])}
    for index in range(int(given["sets"])):
        seen = torch.as_tensor(given[f"x_{index}"]).float()[None]
        seconds = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            draws = posterior.sample((DRAWS,), x=seen, show_progress_bars=False)
            draws.mean(0), draws.std(0), torch.quantile(draws, torch.tensor([0.05, 0.25, 0.5, 0.75, 0.95]), dim=0)
            seconds.append(time.perf_counter() - began)
        grid = torch.as_tensor(given[f"grid_{index}"]).float()
        parts = [posterior.log_prob(part, x=seen, norm_posterior=False) for part in grid.split(16384)]
        out[f"log_density_{index}"] = torch.cat(parts).numpy()
        out[f"draws_{index}"] = draws.numpy()
        out[f"seconds_{index}"] = float(np.median(seconds))
    np.savez(sys.argv[2], **out)


if __name__ == "__main__":
    main()
