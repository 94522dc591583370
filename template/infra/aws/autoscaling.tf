# The service follows its load, up to a ceiling that is also a ceiling for the bill.

variable "autoscaling" {
  description = "Most tasks of the service (the fewest are `service.tasks`) and the load of the processor that is aimed at."
  type = object({
    maximum     = optional(number, 8)
    cpu_percent = optional(number, 60)
  })
  default = {}

  validation {
    condition     = var.autoscaling.maximum >= var.service.tasks
    error_message = "`autoscaling.maximum` is below `service.tasks`: raise the one or lower the other."
  }
}

resource "aws_appautoscaling_target" "service" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.this.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = var.service.tasks
  max_capacity       = var.autoscaling.maximum
}

resource "aws_appautoscaling_policy" "service" {
  name               = "cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.service.service_namespace
  resource_id        = aws_appautoscaling_target.service.resource_id
  scalable_dimension = aws_appautoscaling_target.service.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = var.autoscaling.cpu_percent
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

# Neither the service nor a retraining can start where the account's quota is used up; account/quotas.tf asks for more.
resource "aws_cloudwatch_metric_alarm" "quota" {
  alarm_name          = "${local.name}-fargate-quota"
  alarm_description   = "Tasks use more than 80% of the processors that the account may run on Fargate"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]

  metric_query {
    id          = "share"
    expression  = "used / SERVICE_QUOTA(used) * 100"
    label       = "Share of the quota in percent"
    return_data = true
  }

  metric_query {
    id = "used"

    metric {
      namespace   = "AWS/Usage"
      metric_name = "ResourceCount"
      period      = 300
      stat        = "Maximum"
      dimensions = {
        Service  = "Fargate"
        Type     = "Resource"
        Resource = "vCPU"
        Class    = "Standard/OnDemand"
      }
    }
  }
}
