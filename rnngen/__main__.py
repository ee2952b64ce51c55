"""`python -m rnngen` is the same program as `rnngen`."""

from rnngen.cli import main

if __name__ == "__main__":
    main()
