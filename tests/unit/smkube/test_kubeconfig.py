"""Kubeconfig files are found, merged and overridden the way kubectl does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from smkube.errors import ConfigError
from smkube.kube import kubeconfig
from smkube.kube.kubeconfig import Overrides


def document(name: str, **more: Any) -> dict[str, Any]:
    """A kubeconfig with one cluster, user and context of one name."""
    return {
        "current-context": name,
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}", "certificate-authority": "ca.crt"}}],
        "users": [{"name": name, "user": {"token": f"token-{name}"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": f"ns-{name}"}}],
        **more,
    }


def written(folder: Path, name: str, content: object) -> Path:
    """A kubeconfig file."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("explicit", "environ", "wanted"),
    [
        ("given", {"KUBECONFIG": "a:b", "HOME": "/h"}, ["given"]),
        ("", {"KUBECONFIG": "a:b", "HOME": "/h"}, ["a", "b"]),
        ("", {"KUBECONFIG": "a::b:", "HOME": "/h"}, ["a", "b"]),
        ("", {"KUBECONFIG": "", "HOME": "/h"}, ["/h/.kube/config"]),
        ("", {"HOME": "/h"}, ["/h/.kube/config"]),
    ],
)
def test_where_files_are_looked_for(explicit: str, environ: dict[str, str], wanted: list[str]) -> None:
    """The flag, else the list in KUBECONFIG, else the file in the home folder; empty means not set."""
    assert kubeconfig.paths(explicit, environ) == tuple(Path(one) for one in wanted)


def test_the_first_file_decides(tmp_path: Path) -> None:
    """Of two files that name the same thing the first counts, also for the current context; missing files do not."""
    first = written(tmp_path, "first", document("one"))
    other = {**document("one"), "current-context": "two"}
    other["users"] = [{"name": "one", "user": {"token": "other"}}, *document("two")["users"]]
    second = written(tmp_path, "second", other)

    merged = kubeconfig.load([tmp_path / "missing", first, second], explicit=False)

    assert merged is not None
    assert merged["current-context"] == "one"
    assert [(entry["name"], entry["user"]["token"]) for entry in merged["users"]] == [
        ("one", "token-one"),
        ("two", "token-two"),
    ]


def test_paths_are_relative_to_their_file(tmp_path: Path) -> None:
    """Certificates, token files and exec commands with a slash are looked for beside the file that names them."""
    content = document("one")
    content["users"][0]["user"] = {"tokenFile": "tokens/t", "exec": {"command": "./plugin", "apiVersion": "v1"}}
    merged = kubeconfig.load([written(tmp_path / "sub", "one", content)], explicit=True)

    assert merged is not None
    user = merged["users"][0]["user"]
    assert merged["clusters"][0]["cluster"]["certificate-authority"] == str(tmp_path / "sub" / "ca.crt")
    assert (user["tokenFile"], user["exec"]["command"]) == (
        str(tmp_path / "sub" / "tokens" / "t"),
        str(tmp_path / "sub" / "plugin"),
    )


def test_nothing_there_is_not_an_error(tmp_path: Path) -> None:
    """Without any file there is no document; a program may then be in a pod."""
    assert kubeconfig.load([tmp_path / "missing"], explicit=False) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: [", "is not valid YAML"),
        ("- 1\n- 2\n", "its top level is not a mapping"),
        ({"clusters": [{"cluster": {}}]}, "an entry without a name under clusters"),
        ({"users": {"name": "x"}}, "users is not a list"),
        ({"users": [{"name": 5}]}, "the name 5 under users is not a text; quote it"),
        ({"users": [{"name": "x", "user": ["y"]}]}, '"x" under users is not as it has to be: all of it'),
        ({"users": [{"name": "x", "user": {"token": 5}}]}, "token is not a text; put it into quotes"),
        ({"users": [{"name": "x", "user": {"exec": "y"}}]}, "exec is not a mapping"),
        ({"users": [{"name": "x", "user": {"as-groups": "y"}}]}, "lists of texts"),
        ({"users": [{"name": "x", "user": {"auth-provider": {"config": {"id-token": True}}}}]}, "are texts"),
        ({"users": [{"name": "x", "user": {"as-user-extra": {"y": "z"}}}]}, "lists of texts"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: object, said: str) -> None:
    """A file that is no kubeconfig is an error that names the file."""
    path = written(tmp_path, "broken", content)

    with pytest.raises(ConfigError) as error:
        kubeconfig.load([path], explicit=True)

    assert said in str(error.value)
    assert str(path) in str(error.value)


def test_a_missing_file_that_was_asked_for(tmp_path: Path) -> None:
    """--kubeconfig with a path that is not there is an error."""
    with pytest.raises(ConfigError, match=r"Unable to read kubeconfig .*No such file"):
        kubeconfig.load([tmp_path / "missing"], explicit=True)


def resolved(overrides: Overrides, content: dict[str, Any] | None = None) -> kubeconfig.Resolved:
    """The outcome for a kubeconfig with contexts `one` and `two`."""
    both = content or {
        **document("one"),
        **{part: document("one")[part] + document("two")[part] for part in ("clusters", "users", "contexts")},
    }
    return kubeconfig.resolve(both, overrides, "the file")


def cluster_of(found: kubeconfig.Resolved) -> dict[str, Any]:
    """The chosen cluster."""
    return dict(found.config["clusters"][0]["cluster"])


def user_of(found: kubeconfig.Resolved) -> dict[str, Any]:
    """The chosen user."""
    return dict(found.config["users"][0]["user"])


def test_the_current_context_counts() -> None:
    """Without flags: the current context with its namespace."""
    found = resolved(Overrides())

    assert (found.context, found.namespace, cluster_of(found)["server"]) == ("one", "ns-one", "https://one")


def test_flags_choose() -> None:
    """--context, --namespace, --cluster and --user each override one part."""
    found = resolved(Overrides(context="two", namespace="mine", cluster="one", user="one"))

    assert (found.context, found.namespace) == ("two", "mine")
    assert (cluster_of(found)["server"], user_of(found)["token"]) == ("https://one", "token-one")


def test_a_context_without_namespace_means_default() -> None:
    """As in kubectl, a context without a namespace means `default`."""
    content = document("one")
    del content["contexts"][0]["context"]["namespace"]

    assert resolved(Overrides(), content).namespace == "default"


def test_tls_flags_replace_what_the_file_says(tmp_path: Path) -> None:
    """TLS flags take the place of the file's entries instead of standing beside them."""
    found = resolved(
        Overrides(
            server="https://other",
            tls_server_name="name",
            certificate_authority=str(tmp_path / "other.crt"),
            client_certificate=str(tmp_path / "c"),
            client_key=str(tmp_path / "k"),
        )
    )

    assert cluster_of(found) == {
        "server": "https://other",
        "tls-server-name": "name",
        "certificate-authority": str(tmp_path / "other.crt"),
    }
    assert user_of(found)["client-certificate"] == str(tmp_path / "c")


def test_insecure_drops_the_authority() -> None:
    """--insecure-skip-tls-verify with a CA would be a contradiction."""
    assert cluster_of(resolved(Overrides(insecure_skip_tls_verify=True))) == {
        "server": "https://one",
        "insecure-skip-tls-verify": True,
    }


def test_a_token_replaces_every_other_credential() -> None:
    """--token beats an exec plugin and a password of the file."""
    content = document("one")
    content["users"][0]["user"] = {"exec": {"command": "x"}, "username": "u", "password": "p"}

    assert user_of(resolved(Overrides(token="t"), content)) == {"token": "t"}


def test_a_password_replaces_every_token() -> None:
    """--username and --password beat a token and an exec plugin of the file, and may complete a name of the file."""
    content = document("one")
    content["users"][0]["user"] = {"exec": {"command": "x"}, "token": "t", "tokenFile": "f", "username": "file"}

    assert user_of(resolved(Overrides(username="u", password="p"), content)) == {"username": "u", "password": "p"}
    assert user_of(resolved(Overrides(password="p"), content)) == {"username": "file", "password": "p"}


def test_extras_of_impersonation() -> None:
    """--as-user-extra may give several values for a key, whose characters are escaped where a header forbids them."""
    extra = (("Reason", "a"), ("example.com/x:y%", "b c"), ("Reason", "d"))
    wanted = {
        "Impersonate-User": "jane",
        "Impersonate-Extra-reason": ("a", "d"),
        "Impersonate-Extra-example.com%2Fx%3Ay%25": ("b c",),
    }
    content = document("one")
    content["users"][0]["user"] = {"as": "jane", "as-user-extra": {"scopes": ["one", "two"]}}

    assert resolved(Overrides(as_user="jane", as_user_extra=extra)).impersonation == wanted
    assert resolved(Overrides(), content).impersonation == {
        "Impersonate-User": "jane",
        "Impersonate-Extra-scopes": ("one", "two"),
    }
    assert resolved(Overrides(as_user="j\u00f6rg")).impersonation == {"Impersonate-User": "j\u00c3\u00b6rg"}
    with pytest.raises(ConfigError, match="--as-user-extra need --as"):
        resolved(Overrides(as_user_extra=extra))


def test_impersonation_from_flags_and_file() -> None:
    """--as and --as-group, or `as` and `as-groups` of the user, become the impersonation headers."""
    content = document("one")
    content["users"][0]["user"] = {"as": "file", "as-groups": ["g"]}

    assert resolved(Overrides(), content).impersonation == {"Impersonate-User": "file", "Impersonate-Group": ("g",)}
    assert resolved(Overrides(as_user="flag", as_groups=("a", "b")), content).impersonation == {
        "Impersonate-User": "flag",
        "Impersonate-Group": ("a", "b"),
    }


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (Overrides(context="three"), 'There is no context "three" in the file (it has: one, two).'),
        (Overrides(cluster="three"), 'There is no cluster "three" in the file (it has: one, two).'),
        (Overrides(user="three"), 'There is no user "three" in the file (it has: one, two).'),
        (Overrides(token="t\n"), "The token holds a line break"),
        (Overrides(token="j\u00f6rg"), "The token holds characters that no token has"),
        (Overrides(as_user="x\n"), "The user, group, UID or extra to impersonate holds"),
        (Overrides(as_user="x", as_user_extra=(("k", "a\rb"),)), "The user, group, UID or extra to impersonate holds"),
        (Overrides(as_groups=("g",)), "--as-group, --as-uid and --as-user-extra need --as"),
    ],
)
def test_unknown_names_are_told_with_the_known(overrides: Overrides, said: str) -> None:
    """A name that is not there is an error that lists those that are."""
    with pytest.raises(ConfigError) as error:
        resolved(overrides)

    assert said in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "There is no context in the file"),
        ({"contexts": [{"name": "a", "context": {}}]}, "No current context is set in the file; choose one with"),
        ({"current-context": "a", "contexts": [{"name": "a", "context": {}}]}, 'Context "a" in the file names no'),
        (
            {"clusters": [{"name": "c", "cluster": {}}], "contexts": [{"name": "a", "context": {"cluster": "c"}}],
             "current-context": "a"},
            'Cluster "c" in the file has no server address.',
        ),
    ],
)  # fmt: skip
def test_an_incomplete_file_is_explained(content: dict[str, Any], said: str) -> None:
    """A kubeconfig that leads nowhere is an error that says what is missing."""
    with pytest.raises(ConfigError) as error:
        kubeconfig.resolve(content, Overrides(), "the file")

    assert said in str(error.value)
