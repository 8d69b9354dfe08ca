"""The benchmark of fingerprints: which copies are found again, which unrelated videos are taken for copies, and how sure that is."""
