"""The version of the package, which models and `rnngen --version` tell."""

__version__ = "0.1.0"
