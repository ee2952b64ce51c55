"""Where the program begins: `rnngen`, which is the same as `python -m rnngen`."""

import os
import signal

INTERRUPTED = 130


def main() -> None:
    """Run the program on the command line's arguments and exit.

    Ctrl-C before the commands are there ends it at once: nothing has begun that could be lost, and
    what is half imported can end in no other way without a traceback.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as of `nohup`, or `&` in a script
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
        from rnngen.cli import main as run

        signal.signal(signal.SIGINT, signal.default_int_handler)
    else:
        from rnngen.cli import main as run
    run()


if __name__ == "__main__":
    main()
