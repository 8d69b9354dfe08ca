"""The claim: who has not the key cannot remove the mark unseen, nor put it elsewhere. Attacks on real footage, one file a family."""
