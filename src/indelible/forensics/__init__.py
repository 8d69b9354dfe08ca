"""Was this clip manipulated, where, and what is it close to: a small network trained through real codecs, and what trains it.

- `indelible.forensics.degrade`: what compression and bad copies do to pictures and clips, in three severities.
"""
