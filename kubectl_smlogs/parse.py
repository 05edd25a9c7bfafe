"""The flags and operands of a command that asks the cluster, read by click, in kubectl's words.

kubectl's flag library (pflag) takes `--flag=false` for switches and `-n=value`, and flags whose value may be missing;
click does not, so such words are brought into click's form first. What values mean is `values`' affair, and which
objects are meant `operands`'.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence

import click

from kubectl_smlogs import environment, operands, times
from kubectl_smlogs.commands import Command
from kubectl_smlogs.flags import BOOL, Flag, by_name
from kubectl_smlogs.options import FOREVER, Options, Reading, Showing
from kubectl_smlogs.reach import overrides
from kubectl_smlogs.slips import unknown_flag
from kubectl_smlogs.values import Given, UsageError, Values

_ON, _OFF = "true", "false"
_OFF_WORD = "\0off"
"""Behind a switch's name: the switch that turns it off. No command line can hold it."""

_LONGEST_FILTER = 1024
"""Characters in a filter pattern (CloudWatch Logs API: FilterLogEvents)."""


def parse(
    command: Command,
    arguments: Sequence[str],
    *,
    kind: str = "",
    environ: Mapping[str, str] | None = None,
    now: float | None = None,
) -> Options:
    """Read the words behind a command.

    Args:
        command: which one.
        arguments: flags and operands.
        kind: the kind as it was typed, where the command is named after one.
        environ: the environment, by default the process's.
        now: seconds since 1970, by default the clock's.

    Raises:
        UsageError: they, or the environment, are not as they should be.
    """
    given, names = _click(command, list(_in_click_form(command, arguments)))
    from_outside = environment.values(command.flags, os.environ if environ is None else environ, given.keys())
    known = {flag.name: flag for flag in command.flags}
    given |= {name: Given(known[name], texts, variable=True) for name, texts in from_outside.items()}
    _check_together(given)
    values = Values(given)
    return Options(
        where=operands.where(command, kind, names, values, overrides(values)),
        reading=_reading(values, time.time() if now is None else now),
        showing=_showing(command, values),
    )


def _reading(values: Values, now: float) -> Reading:
    since, until = values.seconds("since"), _until(values, now)
    start = values.moment("since-time") or (0 if since is None else _before(now, since))
    if until is not None and until < start:
        raise UsageError(
            f"no line can be from {_named(values, 'since', 'since-time')} on and up to {_named(values, 'until')}: "
            "the end is before the start"
        )
    tail = values.whole("tail", least=-1, example=100)
    return Reading(
        follow=values.switch("follow"),
        start=start,
        end=until,
        tail=None if tail == -1 else tail,
        limit_bytes=values.whole("limit-bytes", least=0, example=1000000) or None,
        wait=values.seconds("wait", forever="forever") or 0.0,
        timeout=values.seconds("timeout") or FOREVER,
        search_prefix=values.text("logSearchPrefix"),
        hosts=values.parts("host"),
        filter_pattern=_filter_pattern(values),
        max_log_requests=values.whole("max-log-requests", least=1, example=10) or Reading().max_log_requests,
        aws_profile=values.text("aws-profile"),
        region=values.text("region"),
    )


def _showing(command: Command, values: Values) -> Showing:
    output, template = _output(command, values)
    return Showing(
        output=output,
        template=template,
        timestamps=values.switch("timestamps"),
        timezone=_timezone(values),
        color=values.choice("color") or "auto",
        hide_stream=values.switch("hide-log-stream-name"),
        include=values.patterns("include"),
        exclude=values.patterns("exclude"),
        highlight=values.patterns("highlight"),
        save=values.text("save"),
        pager=values.switch("pager"),
        quiet=values.switch("quiet"),
        verbose=values.switch("verbose"),
    )


def _output(command: Command, values: Values) -> tuple[str, str]:
    """Format and template. A template alone says the format as well."""
    output, template = values.given.get("output"), values.given.get("template")
    if output is not None and template is not None and output.variable != template.variable:
        # One of them is only what is usually wanted.
        output, template = (output, None) if template.variable else (None, template)
    word, _, inline = values.text("output").partition("=") if output else ("", "", "")
    if output is not None and word != "template":
        if template is not None:
            raise UsageError(f'{template.name} is for the format "template", and {output.name} says "{word}"')
        return _plain_output(command, values), ""
    text = inline or (template.texts[-1] if template else "")
    source = output if inline or template is None else template
    if source is None:
        return "", ""
    return "template", _template(text, source)


def _plain_output(command: Command, values: Values) -> str:
    given = values.given["output"]
    text = given.texts[-1]
    known = [word for word, _ in given.flag.choices]
    if text not in known:
        shown = ", ".join(f"{word}TEXT" if word.endswith("=") else word for word in known)
        raise given.wrong(text, f"smlogs {command.name} knows {shown}, as in -o json")
    return text


def _template(text: str, given: Given) -> str:
    from kubectl_smlogs.badvalue import BadValue
    from kubectl_smlogs.template import EXAMPLE, Template

    if not text:
        raise given.wrong(given.texts[-1], f"a template is needed, as in --template '{EXAMPLE}'")
    try:
        Template(text)
    except BadValue as error:
        raise given.wrong(text, str(error)) from error
    return text


def _timezone(values: Values) -> str:
    name, given = values.text("timezone"), values.given.get("timezone")
    if name and given:
        from kubectl_smlogs import moments
        from kubectl_smlogs.badvalue import BadValue

        try:
            moments.zone(name)
        except BadValue as error:
            raise given.wrong(name, str(error)) from error
    return name


def _until(values: Values, now: float) -> int | None:
    """`--until` is a moment or a duration before now."""
    given = values.given.get("until")
    if given is None:
        return None
    text = given.texts[-1]
    try:
        return _before(now, times.duration(text))
    except ValueError:
        pass  # Then it is a moment.
    try:
        return max(0, times.moment(text))
    except ValueError as error:
        needed = "a time such as 2026-11-24T10:00:00Z (RFC3339) or a duration before now such as 10m is needed"
        raise given.wrong(text, f"{error}; {needed}") from error


def _before(now: float, seconds: float) -> int:
    return max(0, int((now - seconds) * 1000))


def _filter_pattern(values: Values) -> str:
    text, given = values.text("filter-pattern"), values.given.get("filter-pattern")
    if given and len(text) > _LONGEST_FILTER:
        needed = f"CloudWatch Logs takes at most {_LONGEST_FILTER} characters, as in --filter-pattern 'ERROR -Retry'"
        raise given.wrong(f"{text[:40]}...", needed)
    return text


def _named(values: Values, *names: str) -> str:
    return next(f"{given.name}={given.texts[-1]}" for name in names if (given := values.given.get(name)))


def _check_together(given: Mapping[str, Given]) -> None:
    for one, other in environment.EXCLUSIVE:
        if _meant(given.get(one)) and _meant(given.get(other)):
            raise UsageError(f"only one of {given[one].name} and {given[other].name} may be used")


def _meant(given: Given | None) -> bool:
    return given is not None and given.texts[-1] not in ("", "false")


def _click(command: Command, arguments: list[str]) -> tuple[dict[str, Given], list[str]]:
    """Flags that were given, and operands."""
    options: list[click.Parameter] = [_option(flag) for flag in command.flags]
    parser = click.Command(
        command.name, params=[*options, click.Argument(["operands"], nargs=-1)], add_help_option=False
    )
    try:
        found = parser.make_context(command.name, list(arguments)).params
    except click.NoSuchOption as error:
        raise UsageError(_unknown(error.option_name, arguments, command)) from error
    except click.BadOptionUsage as error:
        raise UsageError(_needs_argument(error.option_name, arguments)) from error
    except click.ClickException as error:
        raise UsageError(error.format_message()) from error
    given = {
        flag.name: Given(flag, _texts(found[flag.name])) for flag in command.flags if found[flag.name] not in ((), None)
    }
    return given, list(found["operands"])


def _texts(value: bool | tuple[str, ...]) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (_ON if value else _OFF,)


def _option(flag: Flag) -> click.Option:
    # The name given to click is the flag's own, so that values are found under it.
    short = [f"-{flag.short}"] if flag.short else []
    if flag.kind == BOOL:
        return _NamedOption([flag.name, f"--{flag.name}/--{flag.name}{_OFF_WORD}", *short], is_flag=True, default=None)
    return _NamedOption([flag.name, f"--{flag.name}", *short], multiple=True)


class _NamedOption(click.Option):
    """An option whose parameter keeps dashes and capitals in its name."""

    def _parse_decls(self, decls: Sequence[str], expose_value: bool) -> tuple[str, list[str], list[str]]:
        _, options, secondary = super()._parse_decls(decls[1:], expose_value)
        return decls[0], options, secondary


def _in_click_form(command: Command, arguments: Sequence[str]) -> Iterator[str]:
    known = by_name(command.flags)
    for place, word in enumerate(arguments):
        if word == "--":
            yield from arguments[place:]
            return
        head, equals, value = word.partition("=")
        flag = known.get(head) if head.startswith("--") or len(head) == 2 else None
        if flag is None or not (equals or flag.bare):
            yield word
        elif flag.kind != BOOL:
            if not equals:
                _check_bare(flag, arguments[place + 1 : place + 2])
            yield f"--{flag.name}={value if equals else flag.bare}"
        else:
            on = Values({flag.name: Given(flag, (value,))}).switch(flag.name)
            yield f"--{flag.name}" + ("" if on else _OFF_WORD)


def _check_bare(flag: Flag, following: Sequence[str]) -> None:
    """A duration behind a flag that takes none there is hardly the name of an object."""
    if following and _is_duration(following[0]):
        raise UsageError(f"--{flag.name} takes its value behind an equals sign, as in --{flag.name}={following[0]}")


def _is_duration(word: str) -> bool:
    try:
        times.duration(word)
    except ValueError:
        return False
    return True


def _unknown(option: str, arguments: Sequence[str], command: Command) -> str:
    if option.startswith("--"):
        return unknown_flag(option, command)
    word = next((word for word in arguments if word[:1] == "-" and word[:2] != "--" and option[1:] in word), option)
    return f"unknown shorthand flag: '{option[1:]}' in {word}"


def _needs_argument(option: str, arguments: Sequence[str]) -> str:
    if option.startswith("--"):
        return f"flag needs an argument: {option}"
    return f"flag needs an argument: '{option[1:]}' in {arguments[-1]}"
