"""`make teardown`: what it refuses, what it tells terraform, and what the role of the CI system may do."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from running import make, run
from test_infra import CI, ISSUER, listed, plan, states

INIT = (
    "-chdir=infra/aws init -reconfigure -input=false -backend-config=backend.hcl "
    "-backend-config=key={0}/terraform.tfstate"
)
DESTROY = (
    "-chdir=infra/aws destroy -auto-approve -input=false -var-file=environments/{0}.tfvars -var=environment={0} "
    "-var=image_tag=none"
)
# What RDS takes as the name of a snapshot.
SNAPSHOT = re.compile(r"(?=.{1,255}$)[a-z](-?[a-z0-9])*")
ASK = ["-chdir=infra/aws output -json", "-chdir=infra/aws output -raw teardown"]
# Stands for terraform, with the answers that lie beside it.
STAND_IN = """#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/calls"
shift
case "$*" in
  "output -json") cat "$here/outputs" ;;
  "output -raw teardown") cat "$here/teardown" 2>/dev/null ;;
  "state list") cat "$here/state" ;;
  destroy*) exit "$(cat "$here/status")" ;;
esac
"""
# Applies an environment to the provider's doubles and runs a command that finds this terraform as `TERRAFORM`.
WITH_APPLIED = """
import os, pathlib, subprocess, sys
sys.path.insert(0, {doubles!r})
from tf_offline import Workspace

with Workspace(pathlib.Path("infra/aws"), terraform={terraform!r}) as space:
    words = ["apply", "-auto-approve", "-input=false", "-no-color", *sys.argv[1].split()]
    space.terraform(*words, check=True, stdout=subprocess.DEVNULL)
    shim = space.scratch / "terraform"
    shim.write_text(f'#!/bin/sh\\ncd "{{space.directory}}"\\nshift\\n[ "$1" = init ] || exec {terraform} "$@"\\n')
    shim.chmod(0o755)
    done = subprocess.run([*sys.argv[2:], f"TERRAFORM={{shim}}"], env=space.environment)
    left = space.terraform("state", "list", capture_output=True, text=True, check=True).stdout
    print("LEFT", left.split())
    sys.exit(done.returncode)
"""


class Terraform:
    """The stand-in for terraform: `answers` says what it finds in the state, `calls` how it was called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "terraform").write_text(STAND_IN)
        (folder / "terraform").chmod(0o755)
        self.answers("free")

    def answers(
        self, teardown: str | None, outputs: str = '{"teardown": {}}', state: str = "", status: int = 0
    ) -> None:
        for name, text in {"outputs": outputs, "state": state, "status": str(status), "teardown": teardown}.items():
            (self.folder / name).unlink(missing_ok=True)
            if text is not None:
                (self.folder / name).write_text(text)

    @property
    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def stand_in(tmp_path: Path) -> Terraform:
    return Terraform(tmp_path / "bin")


@pytest.fixture
def applied(render: Callable[..., Path], tmp_path: Path) -> Path:
    """A project whose account was applied: it has a backend.hcl."""
    folder = shutil.copytree(render("continuous"), tmp_path / "project", symlinks=True)
    (folder / "infra/aws/backend.hcl").write_text('bucket = "credit-risk-state-123456789012"\n')
    return folder


def teardown(project: Path, stand_in: Terraform, *words: str, status: int = 0) -> str:
    bare = {"ENVIRONMENT": "", "CONFIRM": "", "TF_PLUGIN_CACHE_DIR": str(stand_in.folder / "cache")}
    program = f"TERRAFORM={stand_in.folder}/terraform"
    return make(project, "--no-print-directory", "teardown", program, *words, status=status, **bare)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Say what to destroy: make teardown ENVIRONMENT=staging"),
        (["ENVIRONMENT=test"], "no environment 'test': infra/aws/environments has dev production staging."),
        (["ENVIRONMENT=../environments/dev"], "no environment '../environments/dev'"),
        (["ENVIRONMENT=$$(touch ran)"], "no environment '$(touch ran)'"),
        (["ENVIRONMENT=production"], "make teardown ENVIRONMENT=production CONFIRM=production"),
        (["ENVIRONMENT=production", "CONFIRM=yes"], "make teardown ENVIRONMENT=production CONFIRM=production"),
    ],
    ids=["none", "unknown", "path", "command", "production", "unsure"],
)
def test_refuses_before_it_calls_terraform(applied: Path, stand_in: Terraform, words: list[str], said: str) -> None:
    lines = teardown(applied, stand_in, *words, status=2).splitlines()
    assert said in lines[0] and lines[1].startswith("make: ***") and len(lines) == 2
    assert stand_in.calls == [] and not (applied / "ran").exists()


def test_refuses_without_a_backend(applied: Path, stand_in: Terraform) -> None:
    (applied / "infra/aws/backend.hcl").unlink()
    assert "infra/aws/backend.hcl is missing" in teardown(applied, stand_in, "ENVIRONMENT=staging", status=2)
    assert stand_in.calls == []


def test_refuses_without_terraform(applied: Path, stand_in: Terraform) -> None:
    (stand_in.folder / "terraform").unlink()
    assert "terraform is not installed" in teardown(applied, stand_in, "ENVIRONMENT=staging", status=2)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ("protected", "staging is protected: set protect = false in infra/aws/environments/staging.tfvars"),
        ("keeps data", "staging keeps its data: set keep_data = false in its .tfvars and apply"),
        (None, "staging was applied before it could be torn down"),
    ],
)
def test_refuses_what_the_state_forbids(applied: Path, stand_in: Terraform, found: str | None, said: str) -> None:
    stand_in.answers(found)
    assert said in teardown(applied, stand_in, "ENVIRONMENT=staging", status=2)
    assert stand_in.calls == [INIT.format("staging"), *ASK]


def test_protection_is_stronger_than_a_confirmation(applied: Path, stand_in: Terraform) -> None:
    stand_in.answers("protected")
    words = ("ENVIRONMENT=production", "CONFIRM=production")
    assert "production is protected" in teardown(applied, stand_in, *words, status=2)
    assert stand_in.calls == [INIT.format("production"), *ASK]


def test_destroys_an_environment(applied: Path, stand_in: Terraform) -> None:
    said = teardown(applied, stand_in, "ENVIRONMENT=staging")
    assert stand_in.calls == [INIT.format("staging"), *ASK, DESTROY.format("staging")]
    assert "staging is gone. What stays:" in said
    assert "the bucket of the state, the images, the audit log" in said and "its keys, for 7 days" in said


def test_goes_on_where_an_earlier_run_stopped(applied: Path, stand_in: Terraform) -> None:
    stand_in.answers("free", status=1)
    assert "Not all of dev is gone" in teardown(applied, stand_in, "ENVIRONMENT=dev", status=2)
    stand_in.answers(None, outputs="{}")  # terraform drops the outputs before it destroys anything
    assert "dev is gone" in teardown(applied, stand_in, "ENVIRONMENT=dev")
    assert stand_in.calls.count(DESTROY.format("dev")) == 2


@pytest.mark.parametrize("outputs", ['{"teardown": {}}', "{}"], ids=["whole", "left over"])
def test_leaves_the_data_of_production_behind(applied: Path, stand_in: Terraform, outputs: str) -> None:
    kept = [
        "aws_secretsmanager_secret.pseudonyms",
        "module.artifacts.aws_s3_bucket.this",
        "module.key.aws_kms_key.this",
    ]
    state = [
        "aws_vpc.this",
        *kept,
        "module.alerts_key.aws_kms_key.this",
        'aws_apigatewayv2_route.this["POST /predict"]',
    ]
    stand_in.answers("keeps data", outputs, "\n".join(state))
    said = teardown(applied, stand_in, "ENVIRONMENT=production", "CONFIRM=production")
    assert stand_in.calls[-3:] == [
        "-chdir=infra/aws state list",
        f"-chdir=infra/aws state rm {' '.join(kept)}",
        DESTROY.format("production"),
    ]
    assert "its data: both buckets with their key" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "options", "words", "status", "left"),
    [
        ("staging", "", (), 0, 0),
        ("staging", "-var=protect=true", (), 2, 100),
        ("production", "-var=protect=false", ("CONFIRM=production",), 0, 0),
    ],
    ids=["staging", "protected", "production"],
)
def test_terraform_itself_does_it(
    applied: Path, offline: list[str], tmp_path: Path, environment: str, options: str, words: tuple[str, ...],
    status: int, left: int,
) -> None:  # fmt: skip
    shared = applied / "infra/aws/terraform.tfvars"
    shared.write_text(re.sub("image_tag.*\n", "", shared.read_text()))  # who deploys may give it with each apply
    script = tmp_path / "with_applied.py"
    script.write_text(WITH_APPLIED.format(doubles=str(Path(offline[-3]).parent), terraform=offline[-1]))
    apply = f"-var-file=environments/{environment}.tfvars -var=image_tag=abc1234 {options}"
    command = ["make", "--no-print-directory", "teardown", f"ENVIRONMENT={environment}", *words]
    cache = {"TF_PLUGIN_CACHE_DIR": str(tmp_path / "cache")}
    said = run(applied, *offline[:-3], str(script), apply, *command, status=status, **cache)
    resources = re.search(r"^LEFT (.*)$", said, re.MULTILINE)
    assert resources and len(resources[1].split()) >= left and (left or resources[1] == "[]")
    destroyed = re.search(r"Resources: (\d+) destroyed", said)
    assert bool(destroyed) == (status == 0)


def test_what_holds_data_is_known_by_its_address(render: Callable[..., Path], offline: list[str]) -> None:
    text = (render("continuous") / "infra/aws/teardown.mk").read_text()
    pattern = re.search(r"^KEPT := (.*)$", text, re.MULTILINE)
    assert pattern
    planned = plan(offline, render("continuous"), "infra/aws", "-var-file=environments/production.tfvars")
    kept = {change["type"] for address, change in planned.items() if re.match(pattern[1].replace("$$", "$"), address)}
    assert kept >= {
        "aws_kms_alias",
        "aws_kms_key",
        "aws_s3_bucket",
        "aws_s3_bucket_policy",
        "aws_secretsmanager_secret",
    }
    held = {"aws_s3_bucket": 2, "aws_secretsmanager_secret": 1}
    for type_, number in held.items():  # nothing else holds data, but the database, which leaves a snapshot
        assert len([change for change in planned.values() if change["type"] == type_]) == number


def test_each_database_leaves_a_snapshot_of_its_own(
    render: Callable[..., Path], offline: list[str], tmp_path: Path
) -> None:
    production = "-var-file=environments/production.tfvars"
    applied = [production, f"{production} -var=image_tag=abc1234", f"{production} -replace=aws_db_instance.tracking"]
    found = states(offline, render("continuous"), tmp_path, "infra/aws", *applied)
    names = [state["aws_db_instance.tracking"]["final_snapshot_identifier"] for state in found]
    first, same, other = names
    assert first == same, "an apply that leaves the database as it is must not touch it"
    assert first != other, "the snapshot of the first may still be there when the second goes"
    assert all(SNAPSHOT.fullmatch(name) and name.startswith("credit-risk-production-tracking-") for name in names)


SUBJECTS = '-var=ci_teardown_subjects={staging=["repo:acme/credit-risk:environment:teardown-staging"]}'
# What knows no resources: it reads, retires a task definition, or takes an address off a topic.
UNBOUND = {
    "ecs:DeregisterTaskDefinition", "servicediscovery:GetOperation", "servicediscovery:ListTagsForResource",
    "sns:Unsubscribe",
}  # fmt: skip
READS = re.compile(r"\w[\w-]*:(Get|List|Describe)\w*|apigateway:GET|kms:Decrypt|kms:GenerateDataKey")
# How to set what cannot be deleted back to what it was, on the environment's own buckets, service and topic alone.
SETS = {
    "ecs:UpdateService", "s3:PutBucketLogging", "s3:PutBucketOwnershipControls", "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration", "s3:PutObject",
    "sns:SetTopicAttributes",
}  # fmt: skip
TAGS = {"project": "credit-risk", "environment": "staging", "managed-by": "terraform"}


def test_the_role_deletes_only_what_is_of_its_environment(render: Callable[..., Path], offline: list[str]) -> None:
    planned = plan(offline, render("continuous"), "infra/aws/account", ISSUER, SUBJECTS)
    policy = planned['aws_iam_role_policy.teardown["staging"]']["change"]["after"]["policy"]
    statements = json.loads(policy)["Statement"]
    assert len(json.dumps(statements, separators=(",", ":"))) < 10240  # what AWS takes as a policy of a role
    for statement in statements:
        assert statement["Effect"] == "Allow"
        tags = {f"aws:ResourceTag/{name}": value for name, value in TAGS.items()}
        tagged = statement.get("Condition", {}).get("StringEquals", {}).items() >= tags.items()
        resources = listed(statement["Resource"])
        for action in listed(statement["Action"]):
            assert re.search(
                r":(Delete|Deregister|Detach|Disassociate|Remove|Revoke|ScheduleKeyDeletion|DELETE)", action
            ) or (action in UNBOUND | SETS or READS.fullmatch(action)), action
            if action in UNBOUND or READS.fullmatch(action):
                continue
            ours = [
                re.search(r"[:/]credit-risk-(staging([-/]|$)|state-123456789012/staging/)", name) for name in resources
            ]
            assert tagged or all(ours), f"{action} on {resources}"
    assert not re.search(r"production|iam:PassRole|credit-risk-teardown", policy)


# What deletes each type of resource: the `delete` handlers of AWS's resource schemas, without what they only read; by
# hand where Terraform splits a resource of AWS (buckets, roles' policies, targets of a rule).
DELETES = {
    "aws_apigatewayv2_api": {"apigateway:DELETE"},
    "aws_apigatewayv2_integration": {"apigateway:DELETE"},
    "aws_apigatewayv2_route": {"apigateway:DELETE"},
    "aws_apigatewayv2_stage": {"apigateway:DELETE"},
    "aws_apigatewayv2_vpc_link": {"apigateway:DELETE"},
    "aws_appautoscaling_policy": {"application-autoscaling:DeleteScalingPolicy"},
    "aws_appautoscaling_target": {"application-autoscaling:DeregisterScalableTarget"},
    "aws_cloudwatch_event_rule": {"events:DeleteRule"},
    "aws_cloudwatch_event_target": {"events:RemoveTargets"},
    "aws_cloudwatch_log_group": {"logs:DeleteLogGroup"},
    "aws_cloudwatch_metric_alarm": {"cloudwatch:DeleteAlarms"},
    "aws_db_instance": {"rds:DeleteDBInstance"},
    "aws_db_parameter_group": {"rds:DeleteDBParameterGroup"},
    "aws_db_subnet_group": {"rds:DeleteDBSubnetGroup"},
    "aws_default_security_group": set(),  # goes with its network
    "aws_ecs_cluster": {"ecs:DeleteCluster"},
    "aws_ecs_service": {"ecs:UpdateService", "ecs:DeleteService"},
    "aws_ecs_task_definition": {"ecs:DeregisterTaskDefinition"},
    "aws_flow_log": {"ec2:DeleteFlowLogs"},
    "aws_iam_policy": {"iam:DeletePolicy", "iam:DeletePolicyVersion"},
    "aws_iam_role": {"iam:DeleteRole"},
    "aws_iam_role_policy": {"iam:DeleteRolePolicy"},
    "aws_iam_role_policy_attachment": {"iam:DetachRolePolicy"},
    "aws_kms_alias": {"kms:DeleteAlias"},
    "aws_kms_key": {"kms:ScheduleKeyDeletion"},
    "aws_lb": {"elasticloadbalancing:DeleteLoadBalancer"},
    "aws_lb_listener": {"elasticloadbalancing:DeleteListener"},
    "aws_lb_target_group": {"elasticloadbalancing:DeleteTargetGroup"},
    "aws_route_table": {"ec2:DeleteRouteTable"},
    "aws_route_table_association": {"ec2:DisassociateRouteTable"},
    "aws_s3_bucket": {"s3:DeleteBucket", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucketVersions"},
    "aws_s3_bucket_lifecycle_configuration": {"s3:PutLifecycleConfiguration"},
    "aws_s3_bucket_logging": {"s3:PutBucketLogging"},
    "aws_s3_bucket_ownership_controls": {"s3:PutBucketOwnershipControls"},
    "aws_s3_bucket_policy": {"s3:DeleteBucketPolicy"},
    "aws_s3_bucket_public_access_block": {"s3:PutBucketPublicAccessBlock"},
    "aws_s3_bucket_server_side_encryption_configuration": {"s3:PutEncryptionConfiguration"},
    "aws_s3_bucket_versioning": {"s3:PutBucketVersioning"},
    "aws_scheduler_schedule": {"scheduler:DeleteSchedule"},
    "aws_scheduler_schedule_group": {"scheduler:DeleteScheduleGroup", "scheduler:DeleteSchedule"},
    "aws_secretsmanager_secret": {"secretsmanager:DeleteSecret"},
    "aws_security_group": {"ec2:DeleteSecurityGroup"},
    "aws_service_discovery_private_dns_namespace": {
        "servicediscovery:DeleteNamespace",
        "servicediscovery:GetOperation",
    },
    "aws_service_discovery_service": {"servicediscovery:DeleteService"},
    "aws_sns_topic": {"sns:DeleteTopic"},
    "aws_sns_topic_policy": {"sns:SetTopicAttributes"},
    "aws_sns_topic_subscription": {"sns:Unsubscribe"},
    "aws_sqs_queue": {"sqs:DeleteQueue"},
    "aws_subnet": {"ec2:DeleteSubnet"},
    "aws_vpc": {"ec2:DeleteVpc"},
    "aws_vpc_endpoint": {"ec2:DeleteVpcEndpoints"},
    "aws_vpc_security_group_egress_rule": {"ec2:RevokeSecurityGroupEgress"},
    "aws_vpc_security_group_ingress_rule": {"ec2:RevokeSecurityGroupIngress"},
}


def test_the_role_deletes_all_that_its_environment_has(render: Callable[..., Path], offline: list[str]) -> None:
    everything = ['-var=alert_emails=["on-call@example.com"]', *CI]
    planned = plan(offline, render("continuous"), "infra/aws", "-var-file=environments/staging.tfvars", *everything)
    assert {change["type"] for change in planned.values() if change["mode"] == "managed"} == DELETES.keys()
    account = plan(offline, render("continuous"), "infra/aws/account", ISSUER, SUBJECTS)
    policy = json.loads(account['aws_iam_role_policy.teardown["staging"]']["change"]["after"]["policy"])
    allowed = {action for statement in policy["Statement"] for action in listed(statement["Action"])}
    assert {name: actions - allowed for name, actions in DELETES.items() if actions - allowed} == {}
