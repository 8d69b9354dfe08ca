"""Whether a rendition is what it should be: its bitstream, and what it shows beside its source."""
