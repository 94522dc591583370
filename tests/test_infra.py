"""The Terraform of every level: formatted, valid, planned against the provider's schema, read by checkov."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from rungs.models import Level
from running import outside, run

LEVELS = [str(level) for level in Level]
ROOTS = ["infra/aws/account", "infra/aws"]
HOST = "token.actions.githubusercontent.com"
SUBJECT = "repo:acme/credit-risk:environment:x"
USER = "arn:aws:iam::123456789012:user/ci"
ISSUER = f"-var=ci_oidc_issuer=https://{HOST}"
CI = [ISSUER, f'-var=ci_subjects=["{SUBJECT}"]']
# Who is named for a role of the CI system, and what its trust then says.
NAMED = {"subjects": SUBJECT, "principals": USER}
TRUST = {
    "subjects": {
        "Sid": "JobsByTheirTokens",
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{HOST}"},
        "Condition": {
            "StringEquals": {f"{HOST}:aud": "sts.amazonaws.com"},
            "StringLike": {f"{HOST}:sub": SUBJECT},
        },
    },
    "principals": {
        "Sid": "UsersAndRolesByName",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": USER},
    },
}
# Applies a root to the provider's doubles, once with the words of each argument, and prints what its state then holds.
APPLYING = """
import json, pathlib, subprocess, sys
sys.path.insert(0, {doubles!r})
from tf_offline import Workspace

def resources(module):
    inner = [found for child in module.get("child_modules", []) for found in resources(child)]
    return module.get("resources", []) + inner

states = []
with Workspace(pathlib.Path(sys.argv[1]), root=pathlib.Path("infra/aws"), terraform={terraform!r}) as space:
    for words in sys.argv[2:]:
        command = ["apply", "-auto-approve", "-input=false", "-no-color", *words.split()]
        space.terraform(*command, check=True, stdout=subprocess.DEVNULL)
        shown = json.loads(space.terraform("show", "-json", capture_output=True, check=True).stdout)
        states.append({{found["address"]: found["values"] for found in resources(shown["values"]["root_module"])}})
print(json.dumps(states))
"""
ADDED = {
    "manual": {"aws_apigatewayv2_route", "aws_ecr_repository", "aws_ecs_service", "aws_s3_bucket", "aws_vpc"},
    "pipeline": {"aws_db_instance", "aws_scheduler_schedule", "aws_sns_topic"},
    "continuous": {"aws_accessanalyzer_analyzer", "aws_appautoscaling_policy", "aws_cloudtrail"},
}


def infra_check(project: Path, terraform: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", "infra-check", f"TERRAFORM={terraform}"],
        cwd=project,
        env=outside() | {"HOME": str(Path(terraform).parent)} | environment,
        capture_output=True,
        text=True,
    )


def plan(offline: list[str], project: Path, root: str, *words: str) -> dict[str, Any]:
    """The planned resources by address."""
    infra = str(project / "infra/aws")
    done = subprocess.run(
        [*offline, "--root", infra, str(project / root), "plan-json", *words], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return {change["address"]: change for change in json.loads(done.stdout)["resource_changes"]}


def states(offline: list[str], project: Path, scratch: Path, root: str, *applied: str) -> list[dict[str, Any]]:
    """The applied resources by address, after each apply with these words."""
    script = scratch / "applying.py"
    script.write_text(APPLYING.format(doubles=str(Path(offline[-3]).parent), terraform=offline[-1]))
    found: list[dict[str, Any]] = json.loads(run(project, *offline[:-3], str(script), root, *applied).splitlines()[-1])
    return found


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("level", LEVELS)
def test_infra_check_passes(render: Callable[..., Path], terraform: str, level: str) -> None:
    done = infra_check(render(level), terraform)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("The configuration is valid") == len(ROOTS)
    assert done.stdout.count(" passed, 0 failed") == len(ROOTS)


@pytest.mark.parametrize(
    ("path", "right", "wrong"),
    [
        ("infra/aws/main.tf", "name = local.name\n\n  setting", "name =  local.name\n\n  setting"),
        ("infra/aws/service.tf", "drop_invalid_header_fields", "drop_invalid_headers"),
        ("infra/aws/service.tf", 'authorization_type = "AWS_IAM"', 'authorization_type = "NONE"'),
        ("infra/aws/account/main.tf", '"IMMUTABLE"', '"MUTABLE"'),
    ],
    ids=["format", "argument", "open", "mutable"],
)
def test_infra_check_finds(project: Callable[..., Path], terraform: str, path: str, right: str, wrong: str) -> None:
    folder = project("manual")
    text = (folder / path).read_text()
    assert right in text
    (folder / path).write_text(text.replace(right, wrong))
    assert infra_check(folder, terraform).returncode != 0


def test_infra_check_says_that_terraform_is_missing(render: Callable[..., Path], tmp_path: Path) -> None:
    missing = str(tmp_path / "terraform")
    done = infra_check(render("manual"), missing)
    assert done.returncode == 0 and "NOT CHECKED, as terraform is not installed" in done.stdout
    assert infra_check(render("manual"), missing, CI="true").returncode != 0


@pytest.mark.parametrize("level", LEVELS)
def test_no_cloud_has_nothing_to_check(render: Callable[..., Path], tmp_path: Path, level: str) -> None:
    project = render(level, cloud="none")
    done = infra_check(project, str(tmp_path / "terraform"), CI="true")
    assert done.returncode == 0 and "no cloud" in done.stdout
    assert not (project / "infra/aws").exists()


@pytest.mark.parametrize("level", LEVELS)
def test_plan_holds_what_the_level_brings(render: Callable[..., Path], offline: list[str], level: str) -> None:
    planned = [change for root in ROOTS for change in plan(offline, render(level), root).values()]
    types = {change["type"] for change in planned if change["mode"] == "managed"}
    for each in LEVELS:
        if Level(each).rank <= Level(level).rank:
            assert types >= ADDED[each]
        else:
            assert not types & ADDED[each]


@pytest.mark.parametrize(("lower", "higher"), [("manual", "pipeline"), ("pipeline", "continuous")])
@pytest.mark.parametrize("root", ROOTS)
def test_climbing_changes_no_resource(
    render: Callable[..., Path], offline: list[str], root: str, lower: str, higher: str
) -> None:
    before, after = (plan(offline, render(level), root) for level in (lower, higher))
    assert before.keys() <= after.keys()
    changed = [address for address, change in before.items() if change["change"] != after[address]["change"]]
    assert changed == []


@pytest.mark.parametrize("environment", ["dev", "staging", "production"])
def test_each_environment_plans(render: Callable[..., Path], offline: list[str], environment: str) -> None:
    file = f"-var-file=environments/{environment}.tfvars"
    planned = plan(offline, render("continuous"), "infra/aws", file, *CI)
    assert planned["aws_ecs_cluster.this"]["change"]["after"]["name"] == f"credit-risk-{environment}"
    assert (
        planned['aws_iam_role.delivery["delivery"]']["change"]["after"]["name"] == f"credit-risk-{environment}-delivery"
    )


@pytest.mark.parametrize("named", [["subjects"], ["principals"], ["subjects", "principals"]], ids=" and ".join)
@pytest.mark.parametrize(
    ("root", "role", "variable"),
    [
        ("infra/aws", 'aws_iam_role.delivery["delivery"]', '-var=ci_%s=["%s"]'),
        ("infra/aws/account", 'aws_iam_role.teardown["staging"]', '-var=ci_teardown_%s={staging=["%s"]}'),
    ],
    ids=["delivery", "teardown"],
)
def test_who_may_take_a_role_of_the_ci_system(
    render: Callable[..., Path], offline: list[str], root: str, role: str, variable: str, named: list[str]
) -> None:
    words = [variable % (kind, NAMED[kind]) for kind in named] + ([ISSUER] if "subjects" in named else [])
    planned = plan(offline, render("continuous"), root, *words)
    trust = json.loads(planned[role]["change"]["after"]["assume_role_policy"])
    assert trust["Statement"] == [TRUST[kind] for kind in named]


@pytest.mark.parametrize(
    ("root", "written", "line"),
    [
        ("infra/aws", 'ci_principals=["arn:aws:iam::123456789012:root"]', "principals = var.ci_principals"),
        ("infra/aws/account", 'ci_teardown_principals={dev=["arn:aws:iam::123456789012:root"]}', "on teardown.tf line"),
    ],
    ids=["delivery", "teardown"],
)
def test_a_principal_that_is_none_is_named(
    render: Callable[..., Path], offline: list[str], root: str, written: str, line: str
) -> None:
    with pytest.raises(AssertionError) as refused:
        plan(offline, render("continuous"), root, f"-var={written}")
    said = str(refused.value)
    assert line in said and "no wildcard, and never root. You named" in said
    assert "arn:aws:iam::123456789012:root." in said


def test_only_delivery_signs_and_only_with_that_key(
    render: Callable[..., Path], offline: list[str], tmp_path: Path
) -> None:
    project, teardown = render("continuous"), '-var=ci_teardown_subjects={staging=["repo:acme/credit-risk:x"]}'
    production = " ".join(["-var-file=environments/production.tfvars", *CI])
    (environment,) = states(offline, project, tmp_path, "infra/aws", production)
    (account,) = states(offline, project, tmp_path, "infra/aws/account", f"-var=signing_key=true {ISSUER} {teardown}")

    signing = {}
    for address, values in (environment | account).items():
        if not address.startswith("data.") and "aws_iam_" in address and values.get("policy"):
            for statement in json.loads(values["policy"])["Statement"]:
                if any(fnmatchcase("kms:Sign", action) for action in listed(statement["Action"])):
                    signing[address] = statement
    alias, key = account["aws_kms_alias.signing[0]"], account["aws_kms_key.signing[0]"]
    assert signing == {
        'aws_iam_role_policy.delivery["delivery"]': {
            "Sid": "SignImages",
            "Effect": "Allow",
            "Action": ["kms:Sign", "kms:GetPublicKey", "kms:DescribeKey"],
            "Resource": "arn:aws:kms:eu-central-1:123456789012:key/*",
            "Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias["name"]}},
        }
    }
    assert alias["target_key_id"] == key["key_id"]

    (refused,) = [found for found in json.loads(key["policy"])["Statement"] if found["Effect"] == "Deny"]
    assert refused["Action"] == "kms:Sign" and refused["Principal"] == {"AWS": "*"}
    roles = [f"arn:aws:iam::123456789012:role/credit-risk-{name}-delivery" for name in ("staging", "production", "dev")]
    assert refused["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": roles}}
    assert environment['aws_iam_role.delivery["delivery"]']["name"] == "credit-risk-production-delivery"

    policy = json.loads(environment['aws_iam_role_policy.delivery["delivery"]']["policy"])
    assert len(json.dumps(policy, separators=(",", ":"))) < 10240  # what AWS takes as a policy of a role


@pytest.mark.parametrize("level", LEVELS)
def test_checkov_finds_nothing_without_a_reason(render: Callable[..., Path], level: str) -> None:
    checkov = os.environ.get("RUNGS_CHECKOV") or shutil.which("checkov")
    if not checkov:
        pytest.skip("checkov is not on this machine: install it, or name it in RUNGS_CHECKOV")
    folder = str(render(level) / "infra")
    words = ["--skip-download", "--quiet", "--compact", "--framework", "terraform", "--output", "json", "-d", folder]
    done = subprocess.run([checkov, *words], capture_output=True, text=True)
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0  # a file that does not parse passes otherwise
    assert report["summary"]["resource_count"] > 50
    failed = [f"{found['check_id']} {found['resource']}" for found in report["results"]["failed_checks"]]
    assert failed == []


@pytest.mark.parametrize("level", LEVELS)
def test_every_skip_gives_its_reason(render: Callable[..., Path], level: str) -> None:
    lines = [line.strip() for path in (render(level) / "infra").rglob("*.tf") for line in path.read_text().splitlines()]
    skips = [line.split(":", 2) for line in lines if "checkov:skip" in line]
    assert skips and [skip for skip in skips if len(skip) < 3 or len(skip[2].split()) < 4] == []
