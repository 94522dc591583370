# Retraining, monitoring and the prediction log's upkeep by the clock. Each job is a Fargate task that ends when it is done.

variable "jobs" {
  description = "When `retrain`, `monitor` and `compact` run (cron or rate expression, UTC) and how large their tasks are; a disabled job can still be run by hand."
  type = object({
    retrain = optional(object({
      enabled  = optional(bool, true)
      schedule = optional(string, "cron(0 3 ? * MON *)")
      cpu      = optional(number, 2048)
      memory   = optional(number, 8192)
    }), {})
    monitor = optional(object({
      enabled  = optional(bool, true)
      schedule = optional(string, "rate(1 hour)")
      cpu      = optional(number, 1024)
      memory   = optional(number, 4096)
    }), {})
    compact = optional(object({
      enabled  = optional(bool, true)
      schedule = optional(string, "rate(1 hour)") # each task of the service writes 360 objects an hour
      cpu      = optional(number, 512)
      memory   = optional(number, 2048)
    }), {})
  })
  default = {}
}

locals {
  # What a job may touch in the bucket: retraining releases models, monitoring looks and reports.
  job_access = {
    retrain = {
      read   = ["landing", "predictions", "monitoring"]
      write  = ["data", "candidate", "evaluation", "gate", "package", "tuning", "registry", "runs", "serving"]
      delete = ["gate/verdict.json"] # the last run's, so that one found afterwards is of this run
    }
    monitor = {
      read  = ["landing", "data", "registry", "serving", "predictions"]
      write = ["monitoring"]
    }
    # It puts Parquet in the place of what the service wrote, and deletes the days that are too old.
    compact = {
      read   = []
      write  = ["predictions"]
      delete = ["predictions/*/*"]
    }
  }

  # Who joins predictions with labels.
  job_secrets = { retrain = {}, monitor = local.secrets, compact = {} }

  job_environment = merge(local.storage, { MLFLOW_TRACKING_URI = local.tracking_uri })

  job_place = {
    cluster_arn        = aws_ecs_cluster.this.arn
    subnet_ids         = [for subnet in aws_subnet.private : subnet.id]
    security_group_ids = [aws_security_group.tasks.id, aws_security_group.jobs.id]
  }
}

module "job" {
  source   = "./modules/job"
  for_each = { for name, job in var.jobs : name => job }

  name               = "${local.name}-${each.key}"
  account_id         = local.account_id
  execution_role_arn = aws_iam_role.execution.arn
  key_arn            = module.key.arn
  log_group          = "/${local.name}/${each.key}"
  log_days           = var.retention.logs
  storage            = merge({ bucket_arn = module.artifacts.arn }, local.job_access[each.key])
  secrets            = local.job_secrets[each.key]
  place              = local.job_place

  container = {
    image        = "${local.registry}-train:${var.image_tag}"
    cpu          = each.value.cpu
    memory       = each.value.memory
    architecture = var.architecture
    command      = [each.key] # a step of the training image, whose entry point is the project
    environment  = local.job_environment
  }

  schedule = {
    enabled         = each.value.enabled
    expression      = each.value.schedule
    group           = aws_scheduler_schedule_group.this.name
    dead_letter_arn = aws_sqs_queue.not_started.arn
  }
}

resource "aws_security_group" "jobs" {
  # checkov:skip=CKV2_AWS_5:Attached to each task that modules/job starts
  name        = "${local.name}-jobs"
  description = "Jobs: out to the tracking server"
  vpc_id      = aws_vpc.this.id
}

resource "aws_scheduler_schedule_group" "this" {
  name = local.name
}

# Runs that could not even be started; alerts.tf watches it.
resource "aws_sqs_queue" "not_started" {
  name                      = "${local.name}-jobs-not-started"
  kms_master_key_id         = module.key.arn
  message_retention_seconds = 1209600
}

output "job_network" {
  description = "Value of `aws ecs run-task --network-configuration`, for a run by hand."
  value = jsonencode({
    awsvpcConfiguration = {
      subnets        = local.job_place.subnet_ids
      securityGroups = local.job_place.security_group_ids
    }
  })
}

output "jobs" {
  description = "Task definition of each job, for a run by hand."
  value       = { for name, job in module.job : name => job.definition_arn }
}
