"""Keras on TensorFlow, loaded without the lines that TensorFlow prints while it loads."""

import os
import sys
import tempfile


def load() -> None:
    """Import Keras and TensorFlow, holding back what they print unless it fails.

    TensorFlow 2.21 writes several lines on oneDNN and CUDA to standard error before its own log
    level applies, so the file descriptor itself has to be turned away for that moment.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if "tensorflow" in sys.modules:
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            import keras  # noqa: F401
            import tensorflow

            # An ensemble's networks, traced each, look to TensorFlow like one traced too often.
            tensorflow.get_logger().setLevel("ERROR")
            tensorflow.config.list_physical_devices()  # looks for a GPU, and says at length if none
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
