"""What a platform engineer does to Terraform, containers, monitoring and the pipeline."""

from .base import Collection, Folder

EDITS = Collection()
AWS = "infra/aws"
PROMETHEUS = "monitoring/prometheus"
QUEUE = '\nresource "aws_sqs_queue" "{}" {{\n  name = "${{local.name}}-{}"\n}}\n'
VARIABLE = 'variable "{}" {{\n  description = "Ours."\n  type        = string\n  default     = "x"\n}}\n'


@EDITS.adds("add a file of resources")
def _(project: Folder) -> None:
    project.new(f"{AWS}/warehouse.tf", QUEUE.format("exports", "exports").lstrip())


@EDITS.adds("add a resource at the end of a file")
def _(project: Folder) -> None:
    project.end(f"{AWS}/storage.tf", QUEUE.format("archive", "archive"))


@EDITS.adds("add a resource in the middle of a file")
def _(project: Folder) -> None:
    block = QUEUE.format("between", "between").lstrip() + "\n"
    project.before(f"{AWS}/service.tf", 'resource "aws_security_group" "balancer"', block)


@EDITS.adds("add a variable at the end")
def _(project: Folder) -> None:
    project.end(f"{AWS}/variables.tf", "\n" + VARIABLE.format("cost_centre"))


@EDITS.adds("add a variable in the middle")
def _(project: Folder) -> None:
    project.before(f"{AWS}/variables.tf", 'variable "throttle"', VARIABLE.format("owner") + "\n")


@EDITS.adds("add an output")
def _(project: Folder) -> None:
    project.end(f"{AWS}/outputs.tf", '\noutput "owner" {\n  description = "Ours."\n  value       = "risk"\n}\n')


@EDITS.adds("set a variable of an environment")
def _(project: Folder) -> None:
    project.end(f"{AWS}/environments/production.tfvars", "throttle = { rate = 50 }\n")


@EDITS.changes("work in another region")
def _(project: Folder) -> None:
    project.replace(f"{AWS}/terraform.tfvars", '"eu-central-1"', '"eu-west-1"')
    project.replace(f"{AWS}/terraform.tfvars", '"eu-central-1a", "eu-central-1b"', '"eu-west-1a", "eu-west-1b"')


@EDITS.changes("look at health less often")
def _(project: Folder) -> None:
    project.replace(f"{AWS}/service.tf", "interval            = 10", "interval            = 30")


@EDITS.changes("tag everything")
def _(project: Folder) -> None:
    project.replace(f"{AWS}/versions.tf", 'managed-by = "terraform" }', 'managed-by = "terraform", owner = "risk" }')


@EDITS.adds("require another provider")
def _(project: Folder) -> None:
    block = '    random = {\n      source  = "hashicorp/random"\n      version = "~> 3.7"\n    }\n'
    project.after(f"{AWS}/versions.tf", "required_providers {", block)


@EDITS.adds("name another local")
def _(project: Folder) -> None:
    project.before(f"{AWS}/main.tf", "storage    = {", '  team       = "risk"\n')


@EDITS.adds("add an alarm", level="pipeline")
def _(project: Folder) -> None:
    project.end(f"{AWS}/alerts.tf", QUEUE.format("alarms", "alarms"))


@EDITS.adds("let a job read more", level="pipeline")
def _(project: Folder) -> None:
    project.before(f"{AWS}/schedule.tf", "# Who joins predictions", '  exports = ["exports/*"]\n\n')


@EDITS.adds("test the infrastructure")
def _(project: Folder) -> None:
    project.new(f"{AWS}/tests/ours.tftest.hcl", 'run "ours" {\n  command = plan\n}\n')


@EDITS.adds("add a service beside ours")
def _(project: Folder) -> None:
    project.new("compose.override.yaml", "services:\n  cache:\n    image: redis:8\n")


@EDITS.adds("add a service to compose.yaml")
def _(project: Folder) -> None:
    project.end("compose.yaml", "\nservices:\n  queue:\n    image: rabbitmq:4\n")


@EDITS.adds("include a compose file, first")
def _(project: Folder) -> None:
    project.after("compose.yaml", "include:", "  - path: warehouse/compose.yaml\n")


@EDITS.adds("include a compose file, last")
def _(project: Folder) -> None:
    project.end("compose.yaml", "  - path: web/compose.yaml\n")


@EDITS.adds("set a variable of the service")
def _(project: Folder) -> None:
    project.after("serving/fastapi/compose.yaml", "environment:", "      TZ: Europe/Berlin\n")


@EDITS.changes("answer on another port")
def _(project: Folder) -> None:
    project.replace(".env.example", "SERVICE_PORT=8000", "SERVICE_PORT=9000")


@EDITS.adds("add a file of alert rules")
def _(project: Folder) -> None:
    project.new(f"{PROMETHEUS}/rules/ours.yml", "groups:\n  - name: ours\n    rules: []\n")


@EDITS.adds("add an alert rule")
def _(project: Folder) -> None:
    rule = "\n      - alert: NobodyAsks\n        expr: sum(rate(prediction_requests_total[1h])) == 0\n"
    project.end(f"{PROMETHEUS}/rules/service.yml", rule)


@EDITS.changes("be patient with an alert")
def _(project: Folder) -> None:
    project.replace(f"{PROMETHEUS}/rules/service.yml", "[5m]))) > 0.1", "[5m]))) > 0.25")


@EDITS.adds("send alerts to a channel")
def _(project: Folder) -> None:
    channel = '    slack_configs:\n      - api_url_file: /etc/alertmanager/secrets/slack\n        channel: "#models"\n'
    project.after(f"{PROMETHEUS}/alertmanager.yml", "- name: team", channel)


@EDITS.adds("add a receiver of alerts")
def _(project: Folder) -> None:
    project.end(f"{PROMETHEUS}/alertmanager.yml", "  - name: night\n")


@EDITS.adds("add a route of alerts")
def _(project: Folder) -> None:
    route = "    - receiver: team\n      matchers: ['severity = \"page\"']\n      group_wait: 5s\n"
    project.after(f"{PROMETHEUS}/alertmanager.yml", "# Yours go here", route)


@EDITS.changes("repeat alerts less often")
def _(project: Folder) -> None:
    project.replace(f"{PROMETHEUS}/alertmanager.yml", "repeat_interval: 12h", "repeat_interval: 24h")


@EDITS.adds("scrape another service")
def _(project: Folder) -> None:
    project.end(
        f"{PROMETHEUS}/prometheus.yml", "\n  - job_name: ours\n    static_configs: [{targets: [queue:15692]}]\n"
    )


@EDITS.adds("add a step to the pipeline", level="pipeline")
def _(project: Folder) -> None:
    step = "\n  slides:\n    cmd: python scripts/slides.py\n    deps:\n      - artifacts/evaluation\n"
    project.end("pipelines/local/dvc.yaml", step)


@EDITS.adds("add a step in the middle of the pipeline", level="pipeline")
def _(project: Folder) -> None:
    step = "  points:\n    cmd: python -m credit_risk points\n    wdir: ../..\n\n"
    project.before("pipelines/local/dvc.yaml", "  evaluate:", step)


@EDITS.adds("let a step depend on more", level="pipeline")
def _(project: Folder) -> None:
    project.after("pipelines/local/dvc.yaml", "ops/training.py", "      - src/credit_risk/scorecard.py\n")


@EDITS.adds("add a figure to a dashboard", level="pipeline")
def _(project: Folder) -> None:
    project.end(f"{PROMETHEUS}/dashboards/panels.py", "\n\nOURS = 'sum(rate(prediction_requests_total[1h]))'\n")


@EDITS.changes("run the tracking server elsewhere", level="pipeline")
def _(project: Folder) -> None:
    project.start(
        "tracking/mlflow/compose.yaml", "# Ours runs at https://mlflow.example.com; this one is for trials.\n"
    )
