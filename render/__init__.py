"""Sound to pictures: recordings become grey spectrogram PNGs in split and class folders."""
