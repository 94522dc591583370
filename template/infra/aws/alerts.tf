# One topic for everything that a person must look at.

variable "alert_emails" {
  description = "Who is told. Each address gets a mail in which it must confirm."
  type        = set(string)
  default     = []
}

data "aws_iam_policy_document" "alerts_use_key" {
  # checkov:skip=CKV_AWS_111:In a key policy the resource "*" means this key alone
  # checkov:skip=CKV_AWS_356:In a key policy the resource "*" means this key alone
  statement {
    sid       = "AlarmsOfThisAccount"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }

  # Without a condition on the account: EventBridge sends none to KMS, and each alert would be lost without a word.
  statement {
    sid       = "Events"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
  }
}

# A key of its own, so that the services that send alerts cannot touch the key of the data.
module "alerts_key" {
  source = "./modules/key"

  name        = "${local.name}-alerts"
  description = "Alerts of ${local.name}"
  policies    = [data.aws_iam_policy_document.alerts_use_key.json]
  wait_days   = var.keep_data ? 30 : 7
}

resource "aws_sns_topic" "alerts" {
  name              = "${local.name}-alerts"
  kms_master_key_id = module.alerts_key.arn
}

resource "aws_sns_topic_subscription" "alerts" {
  for_each = var.alert_emails

  topic_arn = aws_sns_topic.alerts.arn
  protocol  = "email"
  endpoint  = each.key
}

data "aws_iam_policy_document" "alerts" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alerts.arn]
    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

resource "aws_sns_topic_policy" "alerts" {
  arn    = aws_sns_topic.alerts.arn
  policy = data.aws_iam_policy_document.alerts.json
}

# A job that ended badly: a lost gate, a bad batch, a crash. Tasks of a service (group `service:...`) are replaced by ECS.
resource "aws_cloudwatch_event_rule" "failed" {
  name        = "${local.name}-job-failed"
  description = "A job of ${local.name} ended with an error"

  event_pattern = jsonencode({
    source      = ["aws.ecs"]
    detail-type = ["ECS Task State Change"]
    detail = {
      clusterArn = [aws_ecs_cluster.this.arn]
      lastStatus = ["STOPPED"]
      group      = [{ prefix = "family:${local.name}-" }]
      "$or" = [
        { containers = { exitCode = [{ anything-but = 0 }] } },
        { stopCode = ["TaskFailedToStart"] },
      ]
    }
  })
}

resource "aws_cloudwatch_event_target" "failed" {
  rule = aws_cloudwatch_event_rule.failed.name
  arn  = aws_sns_topic.alerts.arn

  input_transformer {
    input_paths = {
      task   = "$.detail.taskArn"
      family = "$.detail.group"
      reason = "$.detail.stoppedReason"
    }
    input_template = "\"A job of ${local.name} failed: <family>. <reason>. Its log is in CloudWatch under /${local.name}/; task <task>.\""
  }
}

locals {
  alarms = {
    jobs-not-started = {
      text       = "A job could not be started: the queue holds the reason"
      namespace  = "AWS/SQS"
      metric     = "ApproximateNumberOfMessagesVisible"
      dimensions = { QueueName = aws_sqs_queue.not_started.name }
      statistic  = "Maximum", threshold = 0, minutes = 5
    }
    service-errors = {
      text       = "More than five requests in five minutes ended in an error of the service"
      namespace  = "AWS/ApiGateway"
      metric     = "5xx"
      dimensions = { ApiId = aws_apigatewayv2_api.this.id }
      statistic  = "Sum", threshold = 5, minutes = 5
    }
    service-unhealthy = {
      text       = "A task of the service has been unhealthy for five minutes"
      namespace  = "AWS/ApplicationELB"
      metric     = "UnHealthyHostCount"
      dimensions = { LoadBalancer = aws_lb.this.arn_suffix, TargetGroup = aws_lb_target_group.this.arn_suffix }
      statistic  = "Minimum", threshold = 0, minutes = 5
    }
    database-busy = {
      text       = "The tracking database has used nine tenths of its processor for fifteen minutes"
      namespace  = "AWS/RDS"
      metric     = "CPUUtilization"
      dimensions = { DBInstanceIdentifier = aws_db_instance.tracking.identifier }
      statistic  = "Average", threshold = 90, minutes = 15
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = each.value.text
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = each.value.minutes * 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]
}

output "alerts_topic" {
  description = "ARN of the topic that receives every alert."
  value       = aws_sns_topic.alerts.arn
}
