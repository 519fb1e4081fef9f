"""What each trivial fact is called, what it means that it gives the class away, and the cure."""

from typing import NamedTuple


class Advice(NamedTuple):
    """Words for a fact that tells the classes apart.

    Attributes
    ----------
    title : str
        Name in a table.
    phrase : str
        Name in a sentence.
    meaning : str
        What follows if it alone tells the classes apart.
    advice : str
        What to do.
    """

    title: str
    phrase: str
    meaning: str
    advice: str


_PICTURE = "a network can learn this instead of the voice"
_FILES = "the classes come from files of different make, which leaves traces in the pictures"
REMEDIES = {
    "brightness": Advice(
        "brightness",
        "mean brightness (loudness)",
        _PICTURE,
        "bring all recordings to one level, as render does without --no-level",
    ),
    "bandwidth": Advice(
        "bandwidth",
        "bandwidth (empty rows at the top)",
        _PICTURE,
        "draw what both classes have, with a lower render --rate, or low-pass both alike",
    ),
    "silence": Advice(
        "silence at the edges",
        "silence at the edges",
        _PICTURE,
        "trim both classes alike, as render does without --no-trim",
    ),
    "noise_floor": Advice(
        "noise floor",
        "the noise floor",
        _PICTURE,
        "take both classes from recordings of one kind, or add noise to both",
    ),
    "mean_picture": Advice(
        "mean picture",
        "the mean picture (average spectrum)",
        "microphone, codec or bandwidth may differ between the classes, and not only the voice",
        "take both classes through the same chain, and judge on sources that train does not have",
    ),
    "duration": Advice(
        "duration",
        "duration",
        "repeated or empty ends of clips, and the number of clips, give the class away",
        "cut the recordings of both classes to the same lengths",
    ),
    "clips": Advice(
        "clips",
        "the number of clips",
        "one class has the longer recordings",
        "cut the recordings of both classes to the same lengths",
    ),
    "sample_rate": Advice(
        "sample rate",
        "the sample rate of the file",
        _FILES,
        "resample both classes to the lowest rate before rendering",
    ),
    "channels": Advice(
        "channels",
        "the number of channels of the file",
        _FILES,
        "make both classes in the same way",
    ),
    "bit_rate": Advice(
        "bit rate",
        "the bit rate of the file",
        "one class is encoded more coarsely or, in lossless files, quieter or of less bandwidth",
        "encode both classes alike, or both from lossless originals",
    ),
    "recording_s": Advice(
        "recording's length",
        "the length of the recording before trimming",
        "one class has the longer recordings or more silence around them",
        "cut and trim both classes alike",
    ),
    "level_db": Advice(
        "level",
        "the level of the recording",
        "the classes were recorded or normalised differently; render hides the level, but not "
        "what came with it",
        "take both classes from originals of one kind",
    ),
    "codec": Advice(
        "codec",
        "the codec of the file",
        _FILES,
        "encode both classes alike, or both from lossless originals",
    ),
}
