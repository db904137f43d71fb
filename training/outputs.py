"""Where results go, looked at before the work of minutes and not after it."""

import errno
import os
from pathlib import Path


def check_folder(folder: Path) -> None:
    """Make the folder, if it is not there.

    Raises:
        OSError: Ours: it cannot be made or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))


def check_file(file: Path) -> None:
    """Make the file's folder, if it is not there.

    Raises:
        OSError: Ours: the folder cannot be made or written to, or there is a folder of the file's name.
    """
    check_folder(file.parent)
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
