"""The lab: the markers that this project grew from and the tools to train, judge and compare them, on real encoders.

A method (`indelible.lab.method`) marks frames with a signature, reads evidence out of received frames without one, and scores the evidence
against any signature. One harness (`indelible.lab.trial`) does that to a clip through real channels; training, validation and comparison
are built on it. Formulas that stand in for a codec (`indelible.lab.proxy`) are measured beside it (`indelible.lab.mismatch`) and trained
through (`indelible.lab.gradient`, the one module that needs torch).
"""
