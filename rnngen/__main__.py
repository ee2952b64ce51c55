"""Where the program begins: `rnngen`, which is the same as `python -m rnngen`."""

import gc
import os
import signal
import sys

INTERRUPTED = 130
OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""Python looks for garbage every 700 new objects. What a command makes at its start stays to its
end, and to look through it again and again took 5% of the time to the first text."""


def main() -> None:
    """Run the program on the command line's arguments and exit.

    Ctrl-C before the commands are there ends it at once: nothing has begun that could be lost, and
    what is half imported can end in no other way without a traceback.
    """
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    _open_closed_streams()
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as of `nohup`, or `&` in a script
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
        from rnngen.cli import main as run

        signal.signal(signal.SIGINT, signal.default_int_handler)
    else:
        from rnngen.cli import main as run
    run()


def _open_closed_streams() -> None:
    """Have all three standard streams open, also where the caller has closed some (`2>&-`).

    Else the next file that is opened takes the place of a stream, and what is meant for people, or
    what a library complains of, is written into it. Reading a closed stdin and writing to a closed
    stdout fail as they should; notes on a closed stderr are dropped.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            unusable = os.O_RDONLY if name == "stdout" else os.O_WRONLY
            handle = os.open(os.devnull, unusable)  # the lowest number that is free
            os.set_inheritable(handle, True)  # a process that is started has them open, too
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


if __name__ == "__main__":
    main()
