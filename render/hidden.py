"""Hidden files and folders, which are never part of a dataset."""

# Bins, indexes and attributes of operating systems, disks and servers, in lower case.
_SYSTEM_NAMES = frozenset(
    {
        *("$recycle.bin", "recycler", "system volume information"),  # Windows
        *("__macosx", "lost+found"),  # macOS, Linux
        *("@eadir", "@recycle", "#recycle", "#snapshot"),  # Synology, QNAP
    }
)


def is_hidden(name: str) -> bool:
    """Whether a file or folder is hidden by its name, or a bin or index of the system.

    Examples
    --------
    >>> is_hidden(".Trash-1000"), is_hidden("$RECYCLE.BIN"), is_hidden("@eaDir"), is_hidden("real")
    (True, True, True, False)
    """
    return name.startswith(".") or name.lower() in _SYSTEM_NAMES
