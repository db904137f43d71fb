"""What the commands' arguments have in common."""

import argparse


def count(text: str) -> int:
    """Read a whole number, 1 or more."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number, 1 or more")
    return int(text)
