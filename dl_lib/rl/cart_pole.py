"""A pole on a cart, to be kept upright by pushes: the same as gymnasium's CartPole."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from dl_lib.core import Module, static

__all__ = ["CartPole"]


class CartPole(Module):
    """A cart on a track that carries a pole on a hinge; each step pushes it to the left or right.

    A state is (place, velocity, angle, angular velocity). An episode ends where the cart leaves
    the track or the pole leans too far; every step pays 1, the last one, too.

    Equation
        u = (F + m l ω² sin θ) / (M + m)
        α = (g sin θ − u cos θ) / (l (4/3 − m cos² θ / (M + m)))
        x, v, θ, ω  ←  x + τ v,  v + τ (u − m l α cos θ / (M + m)),  θ + τ ω,  ω + τ α
    Args
        gravity: g
        cart_mass: M
        pole_mass: m
        half_length: l, from the hinge to the pole's center
        force: |F|, to the right for action 1 and to the left for action 0
        seconds: τ, of a step
        track: the episode ends where |x| is larger
        lean: the episode ends where |θ| is larger, in radians
    Returns
        a module; cart.reset(key) is a first state, cart.step(key, state, action) what follows
    Source
        Barto, Sutton & Anderson 1983; gymnasium, CartPole-v1. Differs: no limit of 500 steps.
    Chapter
        rl/value_iteration
    """

    gravity: float = static(default=9.8)
    cart_mass: float = static(default=1.0)
    pole_mass: float = static(default=0.1)
    half_length: float = static(default=0.5)
    force: float = static(default=10.0)
    seconds: float = static(default=0.02)
    track: float = static(default=2.4)
    lean: float = static(default=12 * 2 * np.pi / 360)

    def reset(self, key: Key[Array, ""]) -> Float[Array, "4"]:
        """Draw a first state, nearly upright and nearly at rest.

        Args
            key: random key
        Returns
            four numbers from −.05 to .05, (4,)
        """
        return jax.random.uniform(key, (4,), minval=-0.05, maxval=0.05)

    def step(
        self,
        key: Key[Array, ""] | None,
        state: Float[Array, "4"],
        action: Int[Array, ""],
    ) -> tuple[Float[Array, "4"], Float[Array, ""], Bool[Array, ""]]:
        """Push once.

        Args
            key: not used, since nothing in a step is random; None will do
            state: (4,)
            action: 0 or 1
        Returns
            the next state, (4,), the reward, and whether the episode has ended there
        """
        x, v, theta, omega = state
        sin, cos = jnp.sin(theta), jnp.cos(theta)
        mass, arm = self.cart_mass + self.pole_mass, self.pole_mass * self.half_length
        push = jnp.where(action == 1, self.force, -self.force)
        u = (push + arm * omega**2 * sin) / mass
        inertia = self.half_length * (4 / 3 - self.pole_mass * cos**2 / mass)
        alpha = (self.gravity * sin - u * cos) / inertia
        acceleration = u - arm * alpha * cos / mass
        after = state + self.seconds * jnp.stack([v, acceleration, omega, alpha])
        ended = (jnp.abs(after[0]) > self.track) | (jnp.abs(after[2]) > self.lean)
        return after, jnp.ones_like(x), ended
