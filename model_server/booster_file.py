"""The file that a model folder's booster is read from."""

from pathlib import Path

ENDINGS = (".bst", ".json", ".ubj")


class TooManyBoosters(Exception):
    """The folder has more than one file that could be the booster."""


def find(folder: Path) -> Path | None:
    """Return the one file at the top of the folder with a booster's ending, or None if there is none.

    Files with other endings and sub-folders, whatever their names, are not looked at.

    Raises:
        TooManyBoosters: Ours: there are several, and which to serve would be a guess.
        OSError: Ours: there is no such folder, or it cannot be read.
    """
    found = sorted(path for path in folder.iterdir() if path.name.endswith(ENDINGS) and path.is_file())
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise TooManyBoosters(f"{folder} has more than one booster at its top: {names}: leave one")
    return found[0] if found else None
