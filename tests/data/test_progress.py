import io
import sys

from dl_lib.data._progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_at_most_ten_lines_a_second(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.delenv("DL_LIB_STATIC", raising=False)
    times = iter([0.0, 1.0, 1.0, 1.05, 5.0, 5.0, 5.05, 5.05])
    monkeypatch.setattr("time.monotonic", lambda: next(times))
    progress = Progress()
    progress.show("epoch 1/2", share=0.25)  # at 1.0 s
    progress.show("epoch 1/2", "loss 3", share=0.3)  # 0.05 s later: not worth a line
    progress.show("epoch 2/2", share=0.75)  # at 5.0 s
    progress.show("done", now=True)
    assert f"{'━' * 5}{' ' * 16}epoch 1/2  1 s" in terminal.getvalue()
    assert f"{'━' * 15}{' ' * 6}epoch 2/2  5 s  loss 3" in terminal.getvalue()
    assert "\x1b[Kdone  5 s  loss 3" in terminal.getvalue()
    assert terminal.getvalue().count("\r") == 3
