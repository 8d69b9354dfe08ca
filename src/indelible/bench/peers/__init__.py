"""The claim: no other watermark that can be installed does better. The same clips, channels and payload through all of them."""
