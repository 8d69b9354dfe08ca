"""The measurements behind every claim, each in a file of its own: ``indelible bench NAME`` runs one and writes JSON."""
