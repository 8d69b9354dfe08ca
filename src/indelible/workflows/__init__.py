"""Use cases on files: what the command line and any server call, and what ``indelible`` exports.

A result says everything that a command prints, and ``to_json`` gives the stable document of ``docs/reference/json.md``. Each use case has
a module of its own, so that making a key loads no codec.
"""
