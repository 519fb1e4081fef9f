"""Where the figures of the documents come from: ./run.sh bench NAME."""
