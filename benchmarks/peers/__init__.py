"""Our recipes beside other detectors of the field, trained and judged alike."""
