"""From a folder of real footage to weights: twins made once into a cache, trained on, judged on other sources, written with a card."""
