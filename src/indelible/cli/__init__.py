"""The command line: parse, call one use case, print. Nothing is decided here but words and exit codes."""
