"""Gives every service its own user on Kafka and on PostgreSQL, with the rights it needs and no more.

    python -m infra.access

A one-shot job before anything else starts, and safe to repeat: it also changes passwords, and creates the
topics of the contracts. NOINGHE_EVENT_LOG_URL and NOINGHE_DATABASE_URL are those of the administrators;
NOINGHE_EVENT_LOG_URL_<SERVICE> and NOINGHE_DATABASE_URL_<SERVICE> say with which name and password each
service will come. Rights that a contract no longer gives are taken away.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import psycopg
from kafka.admin import (
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from psycopg import sql

from infra.acl import rights_of, services
from shared.contracts import TOPICS
from shared.messaging.log import open_event_log


def grant_kafka(admin_url: str, users: Mapping[str, str]) -> None:
    """Create the topics, a user per service (`users`: service to its URL) and exactly its rights."""
    log = open_event_log(admin_url)
    try:
        log.ensure_topics(list(TOPICS.values()))
    finally:
        log.close()
    name, password, address = _parts(admin_url)
    admin = KafkaAdminClient(
        bootstrap_servers=address,
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_plain_username=name,
        sasl_plain_password=password,
    )
    try:
        for service, url in users.items():
            _grant_user(admin, service, url)
    finally:
        admin.close()


def _grant_user(admin: KafkaAdminClient, service: str, url: str) -> None:
    name, password, _ = _parts(url)
    if name != service:
        raise SystemExit(f"the Kafka user of {service} must be named {service}, not {name}")
    credential = UserScramCredentialUpsertion(name, ScramMechanism.SCRAM_SHA_512, password)
    refused = admin.alter_user_scram_credentials([credential])[name]
    if refused:
        raise SystemExit(f"Kafka did not create the user {name}: {refused}")
    wanted = rights_of(service)
    everything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    of_user = ACLFilter(f"User:{name}", None, ACLOperation.ANY, ACLPermissionType.ANY, everything)
    present, _ = admin.describe_acls(of_user)
    if wanted:
        outcome = admin.create_acls([acl for acl in wanted if acl not in present])
        if outcome["failed"]:
            raise SystemExit(f"Kafka refused rights of {name}: {outcome['failed']}")
    stale = [acl for acl in present if acl not in wanted]
    if stale:
        admin.delete_acls(stale)


def grant_postgres(admin_url: str, users: Mapping[str, str]) -> None:
    """A role per service (`users`: service to its URL) that can see its own schemas and no other's."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        database = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for url in users.values():
            name, password, _ = _parts(url)
            role = sql.Identifier(name)
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
            verb = sql.SQL("ALTER" if known else "CREATE")
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                    verb, role, sql.Literal(password)
                )
            )
            connection.execute(sql.SQL("GRANT CONNECT, CREATE ON DATABASE {} TO {}").format(database, role))


def _parts(url: str) -> tuple[str, str, str]:
    """User, password and `host:port` of a URL that has all three."""
    split = urlsplit(url)
    if not split.username or not split.password:
        raise SystemExit(f"a URL without user and password: {split.scheme}://{split.hostname}")
    return unquote(split.username), unquote(split.password), split.netloc.rpartition("@")[2]


def main(environment: Mapping[str, str] = os.environ) -> None:
    """Grant everything that the environment names; end with a sentence where something is missing."""
    grants = (("NOINGHE_EVENT_LOG_URL", grant_kafka), ("NOINGHE_DATABASE_URL", grant_postgres))
    for variable, grant in grants:
        admin_url = environment.get(variable)
        if admin_url is None:
            sys.exit(f"{variable} is not set")
        users = {
            service: environment[f"{variable}_{service.upper()}"]
            for service in services()
            if f"{variable}_{service.upper()}" in environment
        }
        grant(admin_url, users)
        print(f"{variable}: {', '.join(users)}", flush=True)


if __name__ == "__main__":
    main()
