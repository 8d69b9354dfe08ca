"""Marks for training sets, and exact tests of what was trained on them.

The key is in the spectrum: pairs of bands of which one is made a little stronger and the other a little weaker, by keyed coins. That has
no phase and no place, so a model that learns what footage looks like learns it too. Every p-value here rests on the coins alone: given
whatever a model does, a key that it never saw is a run of fair coins.
"""
