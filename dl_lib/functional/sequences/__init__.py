"""What goes through time step by step: recurrence and state spaces."""

from dl_lib.functional.sequences.conv_recurrence import (
    conv_lstm_step,
)
from dl_lib.functional.sequences.recurrence import (
    gru_step,
    lstm_step,
    project_steps,
    recurrent_scan,
    rnn_step,
)
from dl_lib.functional.sequences.selective_scan import (
    diagonal_scan,
    selective_scan,
    selective_step,
)
from dl_lib.functional.sequences.state_space import (
    causal_convolution,
    discretize,
    discretize_diagonal,
    state_space_kernel,
    state_space_recurrence,
)

__all__ = [
    "causal_convolution",
    "conv_lstm_step",
    "diagonal_scan",
    "discretize",
    "discretize_diagonal",
    "gru_step",
    "lstm_step",
    "project_steps",
    "recurrent_scan",
    "rnn_step",
    "selective_scan",
    "selective_step",
    "state_space_kernel",
    "state_space_recurrence",
]
