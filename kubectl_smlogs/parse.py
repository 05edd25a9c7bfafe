"""The flags and names of a job command, parsed by click, in kubectl's words.

kubectl's flag library (pflag) takes `--flag=false` for switches and `-n=value`; click does not, so such words are
brought into click's form first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from kubectl_smlogs.dispatch import unknown_flag
from kubectl_smlogs.flags import ARRAY, BOOL, CONNECTION_FLAGS, JOB_FLAGS, LOG_FLAGS, Flag, by_name
from smkube.kube.kubeconfig import Overrides

if TYPE_CHECKING:
    from kubectl_smlogs.commands import Command

_TRUE = {"1", "t", "T", "true", "TRUE", "True"}
_FALSE = {"0", "f", "F", "false", "FALSE", "False"}
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")


class UsageError(Exception):
    """The command line is wrong; the text says what."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a job command was asked to do. `search_prefix` narrows the hosts; empty means all."""

    name: str
    follow: bool
    hide_stream: bool
    search_prefix: str
    connection: Overrides


def parse(command: Command, arguments: Sequence[str]) -> Options:
    """Read the words behind a job command.

    Raises:
        UsageError: they are not as they should be.
    """
    values = _click(command, list(_in_click_form(arguments)))
    name = _one_name(command, values.pop("names"))
    return Options(
        name=name,
        follow=values["follow"],
        hide_stream=values["hide-log-stream-name"],
        search_prefix=values["logSearchPrefix"] or "",
        connection=_overrides(values),
    )


def duration(text: str, flag: Flag) -> float:
    """Seconds in a duration as Go writes it (`1s`, `2m30s`), or in a plain number, which counts seconds.

    Raises:
        UsageError: it is neither.
    """
    if text.isdecimal():
        return float(text)
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise UsageError(
            f'invalid argument "{text}" for "{flag.label}" flag: a duration such as 30s, 2m or 1h is needed'
        )
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _click(command: Command, arguments: list[str]) -> dict[str, Any]:
    options: list[click.Parameter] = [_option(flag) for flag in (*LOG_FLAGS, *CONNECTION_FLAGS)]
    parser = click.Command(command.name, params=[*options, click.Argument(["names"], nargs=-1)], add_help_option=False)
    try:
        return dict(parser.make_context(command.name, list(arguments)).params)
    except click.NoSuchOption as error:
        raise UsageError(_unknown(error.option_name, arguments)) from error
    except click.BadOptionUsage as error:
        raise UsageError(_needs_argument(error.option_name, arguments)) from error
    except click.ClickException as error:
        raise UsageError(error.format_message()) from error


def _option(flag: Flag) -> click.Option:
    # The name given to click is the flag's own, so that values are found under it.
    spellings = [flag.name, f"--{flag.name}", *([f"-{flag.short}"] if flag.short else [])]
    if flag.kind == BOOL:
        return _NamedOption(spellings, is_flag=True, default=False)
    return _NamedOption(spellings, multiple=flag.kind == ARRAY)


class _NamedOption(click.Option):
    """An option whose parameter keeps dashes and capitals in its name."""

    def _parse_decls(self, decls: Sequence[str], expose_value: bool) -> tuple[str, list[str], list[str]]:
        _, options, secondary = super()._parse_decls(decls[1:], expose_value)
        return decls[0], options, secondary


def _in_click_form(arguments: Iterable[str]) -> Iterator[str]:
    known = by_name(JOB_FLAGS)
    words = iter(arguments)
    for word in words:
        if word == "--":
            yield word
            yield from words
            return
        head, equals, value = word.partition("=")
        flag = known.get(head) if head.startswith("--") or len(head) == 2 else None
        if not equals or flag is None:
            yield word
        elif flag.kind != BOOL:
            yield f"--{flag.name}={value}"
        elif _switch(value, flag):
            yield f"--{flag.name}"


def _switch(value: str, flag: Flag) -> bool:
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise UsageError(
        f'invalid argument "{value}" for "{flag.label}" flag: strconv.ParseBool: parsing "{value}": invalid syntax'
    )


def _unknown(option: str, arguments: Sequence[str]) -> str:
    if option.startswith("--"):
        return unknown_flag(option)
    word = next((word for word in arguments if word[:1] == "-" and word[:2] != "--" and option[1:] in word), option)
    return f"unknown shorthand flag: '{option[1:]}' in {word}"


def _needs_argument(option: str, arguments: Sequence[str]) -> str:
    if option.startswith("--"):
        return f"flag needs an argument: {option}"
    return f"flag needs an argument: '{option[1:]}' in {arguments[-1]}"


def _one_name(command: Command, names: Sequence[str]) -> str:
    hint = f"Use `kubectl get {command.name}` to list resource names."
    if len(names) != 1:
        raise UsageError(f"Exactly one Kubernetes resource name must be specified (got [{','.join(names)}]). {hint}")
    if not names[0]:
        raise UsageError(f"Must specify Kubernetes job name. {hint}")
    return names[0]


def _overrides(values: Mapping[str, Any]) -> Overrides:
    timeout_flag = by_name(CONNECTION_FLAGS)["--request-timeout"]
    return Overrides(
        kubeconfig=values["kubeconfig"] or "",
        context=values["context"] or "",
        cluster=values["cluster"] or "",
        user=values["user"] or "",
        namespace=values["namespace"] or "",
        server=values["server"] or "",
        token=values["token"] or "",
        certificate_authority=values["certificate-authority"] or "",
        client_certificate=values["client-certificate"] or "",
        client_key=values["client-key"] or "",
        tls_server_name=values["tls-server-name"] or "",
        insecure_skip_tls_verify=values["insecure-skip-tls-verify"],
        as_user=values["as"] or "",
        as_groups=tuple(values["as-group"]),
        as_uid=values["as-uid"] or "",
        request_timeout=duration(values["request-timeout"] or timeout_flag.default, timeout_flag),
    )
