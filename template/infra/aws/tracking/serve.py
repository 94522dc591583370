"""Start MLflow's server with the password that RDS keeps in Secrets Manager and changes every week.

libpq reads PGPASSFILE at each new connection, so a fresh file is all that a changed password needs:
no restart, and no password in the environment, where every child process and dump would show it.
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

PASSWORD_FILE = Path.home() / ".pgpass"
REFRESH_SECONDS = 60


def password_line(host: str, secret: str) -> str:
    """Return the line of a password file, from the JSON text of RDS's secret."""
    fields = json.loads(secret)
    words = (host, "5432", "mlflow", fields["username"], fields["password"])
    return ":".join(word.replace("\\", r"\\").replace(":", r"\:") for word in words) + "\n"


def write_password(host: str, name: str) -> None:
    """Fetch the password and write it for this user's eyes only, in one step."""
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    fresh = PASSWORD_FILE.with_suffix(".fresh")
    fresh.touch(mode=0o600)
    fresh.write_text(password_line(host, secret))
    fresh.replace(PASSWORD_FILE)


def keep_fresh(host: str, name: str, stopped: threading.Event) -> None:
    """Renew the password file until the server has ended. What fails is told, and tried again."""
    while not stopped.wait(REFRESH_SECONDS):
        try:
            write_password(host, name)
        except (BotoCoreError, ClientError) as error:
            print(f"The password could not be renewed: {error}", file=sys.stderr, flush=True)


def main() -> int:
    """Run the server and end with its exit status."""
    host, name = os.environ["DATABASE_HOST"], os.environ["DATABASE_SECRET"]
    write_password(host, name)
    stopped = threading.Event()
    threading.Thread(target=keep_fresh, args=(host, name, stopped), daemon=True).start()
    server = subprocess.run(  # noqa: S603 (no shell; the words come from the task)
        [
            *("mlflow", "server", "--port", "5000", "--workers", "2"),
            *("--host", "0.0.0.0"),  # noqa: S104 (the security group decides who gets here)
            *("--backend-store-uri", f"postgresql+psycopg2://mlflow@{host}/mlflow?sslmode=require"),
            *("--artifacts-destination", os.environ["ARTIFACTS"]),
        ],
        env={**os.environ, "PGPASSFILE": str(PASSWORD_FILE)},
    )
    stopped.set()
    return server.returncode


if __name__ == "__main__":
    sys.exit(main())
