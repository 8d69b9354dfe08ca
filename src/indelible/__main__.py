"""``python -m indelible`` is the command ``indelible``."""

from indelible.cli.main import main

if __name__ == "__main__":
    main()
