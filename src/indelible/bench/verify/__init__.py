"""The claim: honest renditions are accepted, visible attacks are caught and found, and none of what others do catches more."""
