"""Was this clip manipulated, where, and what is it close to: a small network trained through real codecs, and what trains it.

- `indelible.forensics.degrade`: what compression and bad copies do to pictures and clips, in three severities.
- `indelible.forensics.forgeries`: manipulations of real footage, and twins whose codec carries no label.
- `indelible.forensics.networks`: the networks, in PyTorch.
- `indelible.forensics.training`: from a folder of footage to weights with a card.
- `indelible.forensics.model`, `inspection`, `features`: what was learnt in use, by ONNX Runtime alone.
"""
