# From an alert to a new model: looks for an active drift or performance alert and retrains, or does nothing and says so.

variable "trigger" {
  description = "When the trigger looks for alerts (cron or rate expression, UTC); its task is as large as the one of `retrain`."
  type = object({
    schedule = optional(string, "cron(30 * * * ? *)")
    cpu      = optional(number, 2048)
    memory   = optional(number, 8192)
  })
  default = {}
}

module "trigger" {
  source = "./modules/job"

  name               = "${local.name}-trigger"
  account_id         = local.account_id
  execution_role_arn = aws_iam_role.execution.arn
  key_arn            = module.key.arn
  log_group          = "/${local.name}/trigger"
  log_days           = var.retention.logs
  place              = local.job_place
  secrets            = local.secrets

  # What retraining may, and the record of its own last run, which keeps two retrainings apart.
  storage = {
    bucket_arn = module.artifacts.arn
    read       = local.job_access.retrain.read
    write      = concat(local.job_access.retrain.write, ["monitoring"])
    delete     = local.job_access.retrain.delete
  }

  container = {
    image        = "${local.registry}-train:${var.image_tag}"
    cpu          = var.trigger.cpu
    memory       = var.trigger.memory
    architecture = var.architecture
    command      = ["trigger"]
    environment  = local.job_environment
  }

  schedule = {
    expression      = var.trigger.schedule
    group           = aws_scheduler_schedule_group.this.name
    dead_letter_arn = aws_sqs_queue.not_started.arn
  }
}
