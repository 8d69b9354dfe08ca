"""``indelible completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

__all__ = ["completion"]


@click.command(
    epilog="""\b
Examples:
  indelible completion bash >> ~/.bashrc
  indelible completion zsh >> ~/.zshrc
  indelible completion fish > ~/.config/fish/completions/indelible.fish"""
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands in a shell."""
    script = get_completion_class(shell)
    if script is None:
        raise click.UsageError(f"this version of click has no completion for {shell}.")
    click.echo(script(ctx.find_root().command, {}, "indelible", "_INDELIBLE_COMPLETE").source())
