# Trials of a new model on live requests: `deliver` looks at the evidence and goes on, releases, or takes the model out.
#
# One small task that always runs, and no job by the clock: two starts of a schedule can overlap, and no lock reaches from
# one task to another, while here the old task ends before a new one starts. README.md compares cost and delay.

variable "deliver" {
  description = "Whether trials are decided here, the seconds between two looks at the evidence, and the size of the task (cpu in 1/1024 of a core, memory in MiB)."
  type = object({
    enabled = optional(bool, true)
    seconds = optional(number, 60) # no step of a trial is shorter: [delivery] minimum_seconds
    cpu     = optional(number, 256)
    memory  = optional(number, 1024)
  })
  default = {}

  validation {
    condition     = var.deliver.seconds >= 1
    error_message = "`deliver.seconds` is at least 1."
  }
}

module "deliver" {
  source = "./modules/task"

  name               = "${local.name}-deliver"
  account_id         = local.account_id
  execution_role_arn = aws_iam_role.execution.arn
  key_arn            = module.key.arn
  log_group          = "/${local.name}/deliver"
  log_days           = var.retention.logs
  secrets            = local.secrets

  storage = {
    bucket_arn = module.artifacts.arn
    read       = ["landing", "predictions", "delivery"]
    write      = ["serving"]
    delete     = local.trial_keys
  }

  container = {
    image        = "${local.registry}-train:${var.image_tag}"
    cpu          = var.deliver.cpu
    memory       = var.deliver.memory
    architecture = var.architecture
    command      = ["deliver", "--watch", "--interval", tostring(var.deliver.seconds)]
    environment  = local.job_environment
  }
}

locals {
  trial_keys = ["serving/*/delivery.json"] # without it, the champion answers every request
}

resource "aws_ecs_service" "deliver" {
  name            = "deliver"
  cluster         = aws_ecs_cluster.this.id
  task_definition = module.deliver.definition_arn
  desired_count   = var.deliver.enabled ? 1 : 0
  launch_type     = "FARGATE"
  propagate_tags  = "SERVICE"

  # One at a time: the old task ends before the new one starts. Meanwhile the service goes on as the plan says.
  deployment_maximum_percent         = 100
  deployment_minimum_healthy_percent = 0

  network_configuration {
    subnets         = local.job_place.subnet_ids
    security_groups = local.job_place.security_group_ids
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  depends_on = [aws_iam_role_policy.execution]
}

# ECS starts a task that ended anew, and tells nobody.
resource "aws_cloudwatch_metric_alarm" "deliver" {
  count = var.deliver.enabled ? 1 : 0

  alarm_name          = "${local.name}-deliver-away"
  alarm_description   = "For fifteen minutes nobody decided on trials; a model that is tried stays where it is. The log is /${local.name}/deliver"
  namespace           = "ECS/ContainerInsights"
  metric_name         = "RunningTaskCount"
  dimensions          = { ClusterName = aws_ecs_cluster.this.name, ServiceName = aws_ecs_service.deliver.name }
  statistic           = "Maximum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 300
  evaluation_periods  = 3
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]
}

# A worker of the service reports below `delivery` that it took a model out, and reads there what others report.
data "aws_iam_policy_document" "service_delivery" {
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [module.artifacts.arn]
    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["delivery", "delivery/*"]
    }
  }

  statement {
    sid       = "ReadAndReport"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
    resources = ["${module.artifacts.arn}/delivery/*"]
  }
}

resource "aws_iam_role_policy" "service_delivery" {
  name   = "delivery"
  role   = module.service.role_name
  policy = data.aws_iam_policy_document.service_delivery.json
}
