"""A demonstration on small models and real footage: what a training mark leaves in a generator and a restorer, and what leaves nothing."""
