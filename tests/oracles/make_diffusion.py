"""Stored values of the schedulers of diffusers, by PyTorch."""

import torch
from diffusers.schedulers import scheduling_ddpm
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from recording import Recording, numbers

KINDS = {"noise": "epsilon", "clean": "sample", "velocity": "v_prediction"}
SCHEDULES = {"cosine": "squaredcos_cap_v2", "linear": "linear"}


def scheduler(kind, schedule="cosine", of=DDPMScheduler):
    made = of(10, beta_schedule=SCHEDULES[schedule], prediction_type=KINDS[kind], clip_sample=False)
    made.alphas_cumprod = made.alphas_cumprod.double()
    return made


def levels(made, time, before):
    kept = made.alphas_cumprod.float().numpy()
    return kept[time], kept[before]


def record_forms(recording, time, x, y):
    made, at = scheduler("clean"), torch.tensor([time] * 3)
    kept, before = levels(made, time, time - 1)
    for name, function in {
        "noised": lambda a, b, _: made.add_noise(a, b, at),
        "diffusion_velocity": lambda a, b, _: made.get_velocity(a, b, at),
        "clean_from_noise": lambda a, b, _: (
            scheduler("noise").step(b, time, a).pred_original_sample
        ),
        "clean_from_velocity": lambda a, b, _: (
            scheduler("velocity").step(b, time, a).pred_original_sample
        ),
    }.items():
        recording.run(f"{name}/{time}", function, x, y, kept, fixed=(2,))
    case = f"denoising_posterior/{time}"
    fixed = {"fixed": (2, 3)}
    recording.run(
        case, lambda a, b, *_: made.step(b, time, a).prev_sample, x, y, kept, before, **fixed
    )
    recording.put(case, variance=made._get_variance(time).numpy())


def record_step(recording, freshness, x, y, z):
    made = scheduler("clean", of=DDIMScheduler)
    made.set_timesteps(5)

    def step(a, b, kept, before, c):
        return made.step(b, 6, a, eta=freshness, variance_noise=c).prev_sample

    inputs = x, y, *levels(made, 6, 4), z
    fixed = (2, 3) if freshness else (2, 3, 4)
    recording.run(f"denoising_step/{freshness}", step, *inputs, fixed=fixed)


def main():
    recording = Recording("diffusion")
    for schedule, steps in (("cosine", 10), ("cosine", 1000), ("linear", 1000)):
        made = DDPMScheduler(steps, beta_schedule=SCHEDULES[schedule])
        recording.put(f"{schedule}_noise_schedule/{steps}", output=made.alphas_cumprod.numpy())
    x, y, z = numbers(0, 3, 4), numbers(1, 3, 4), numbers(2, 3, 4)
    # What is drawn is taken to be 0, so that a step of DDPM is its mean.
    scheduling_ddpm.randn_tensor = lambda shape, **options: torch.zeros(shape, dtype=torch.double)
    for time in (1, 5, 8):
        record_forms(recording, time, x, y)
    for freshness in (0.0, 0.5, 1.0):
        record_step(recording, freshness, x, y, z)
    recording.save()


if __name__ == "__main__":
    main()
