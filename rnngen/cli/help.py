"""Help in groups: the options of a command under the headings that their settings have.

Rich would draw it too, and takes longer to import than all of this package.
"""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

from rnngen.errors import ConfigError

PLAIN_GROUP = "Options"
"""Of options that are no setting, such as --help."""
WIDEST = 120
"""Columns; longer lines are hard to read."""
VALUES = {"int": "N", "integer": "N", "float": "X", "path": "PATH"}
"""What stands for the value of an option, by its type; else it is TEXT."""
HARD_SPACE = "\u00a0"
COLUMNS = ((100, 34), (70, 30), (0, 20))
"""(Width from which on, columns of the longest option that has its meaning on the same line)."""


class GroupedCommand(TyperCommand):
    """A command whose help lists its options by group, in the order the groups appear in."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        write_options(self, ctx, formatter)


class GroupedSubcommands(TyperGroup):
    """The same of a command that has commands of its own, as `rnngen models rm`."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        write_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            from rnngen.cli import usage

            raise ConfigError(usage.unknown_command(args[0], known, of=f"{self.name} "))
        return super().resolve_command(ctx, args)


def write_options(command: Any, ctx: Any, formatter: Any) -> None:
    """The arguments of a command and its options by group, all aligned."""
    arguments: list[tuple[str, str]] = []
    groups: dict[str, list[tuple[str, str]]] = {PLAIN_GROUP: []}
    for parameter in command.get_params(ctx):
        if (record := parameter.get_help_record(ctx)) is None:
            continue
        name, meaning = record
        if parameter.param_type_name == "argument":
            arguments.append((name, meaning))
        else:
            row = (", ".join(flags(parameter)), meaning)
            groups.setdefault(group_of(parameter), []).append(row)
    sections = {"Arguments": arguments, **groups}
    names = [name for rows in sections.values() for name, _ in rows]
    most = next(columns for least, columns in COLUMNS if formatter.width >= least)
    width = max((len(name) for name in names if len(name) <= most), default=0)
    for heading, rows in sections.items():
        if rows:
            with formatter.section(heading):
                formatter.write_dl([(f"{n:<{width}}", _kept_whole(m)) for n, m in rows], width)
    formatter.buffer = [text.replace(HARD_SPACE, " ") for text in formatter.buffer]


def _kept_whole(meaning: str) -> str:
    """The meaning, its default not broken between two lines."""
    return meaning.replace("[default: ", f"[default:{HARD_SPACE}")


def group_of(parameter: Any) -> str:
    """The heading that an option stands under."""
    return parameter.rich_help_panel or PLAIN_GROUP


def flags(parameter: Any) -> list[str]:
    """Every spelling of an option, the longest with its value: `-n`, `--number N`."""
    *short, long = sorted(parameter.opts, key=len)
    value = "" if parameter.is_flag else f" {_value(parameter)}"
    return [*short, f"{long}{value}", *parameter.secondary_opts]


def _value(parameter: Any) -> str:
    kind = parameter.type.name.split()[0]
    return str(parameter.metavar or VALUES.get(kind, "TEXT"))
