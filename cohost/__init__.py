"""The core of Cohost: what its words mean, and the rules between them."""

__version__ = "0.1.0"
