"""The networks, in PyTorch: importing them needs the extra ``train``; what was learnt runs without it (`indelible.forensics.inference`)."""
