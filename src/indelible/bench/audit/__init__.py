"""The training mark on files: found after codecs, silent for wrong keys, and what it costs."""
