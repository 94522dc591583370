# A Fargate task that EventBridge Scheduler starts by the clock, with a role that can start this task and no other.

module "task" {
  source = "../task"

  name               = var.name
  account_id         = var.account_id
  container          = var.container
  storage            = var.storage
  secrets            = var.secrets
  key_arn            = var.key_arn
  execution_role_arn = var.execution_role_arn
  log_group          = var.log_group
  log_days           = var.log_days
}

resource "aws_scheduler_schedule" "this" {
  name                = var.name
  group_name          = var.schedule.group
  schedule_expression = var.schedule.expression
  kms_key_arn         = var.key_arn
  state               = var.schedule.enabled ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 10
  }

  target {
    arn      = var.place.cluster_arn
    role_arn = aws_iam_role.start.arn

    ecs_parameters {
      task_definition_arn = module.task.definition_arn
      launch_type         = "FARGATE"
      propagate_tags      = "TASK_DEFINITION"

      network_configuration {
        subnets         = var.place.subnet_ids
        security_groups = var.place.security_group_ids
      }
    }

    retry_policy {
      maximum_retry_attempts       = 3
      maximum_event_age_in_seconds = 3600
    }

    dead_letter_config {
      arn = var.schedule.dead_letter_arn
    }
  }

  depends_on = [aws_iam_role_policy.start]
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_iam_role" "start" {
  name               = "${var.name}-start"
  description        = "Starts the job ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

data "aws_iam_policy_document" "start" {
  statement {
    sid       = "StartThisJob"
    actions   = ["ecs:RunTask"]
    resources = ["${module.task.family_arn}:*"]
    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [var.place.cluster_arn]
    }
  }

  statement {
    sid       = "TagWhatItStarts"
    actions   = ["ecs:TagResource"]
    resources = ["${replace(var.place.cluster_arn, ":cluster/", ":task/")}/*"]
  }

  statement {
    sid       = "GiveTheJobItsRoles"
    actions   = ["iam:PassRole"]
    resources = [var.execution_role_arn, module.task.role_arn]
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }

  statement {
    sid       = "NoteRunsThatDidNotStart"
    actions   = ["sqs:SendMessage"]
    resources = [var.schedule.dead_letter_arn]
  }

  statement {
    sid       = "UseKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.key_arn]
  }
}

resource "aws_iam_role_policy" "start" {
  name   = "start"
  role   = aws_iam_role.start.id
  policy = data.aws_iam_policy_document.start.json
}
