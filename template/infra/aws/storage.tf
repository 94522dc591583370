# All that the project writes: data, models, releases, prediction logs, reports. `STORAGE__ROOT` points there.

locals {
  # Names are put together here, as policies need them before the buckets exist.
  log_bucket = "${local.name}-logs-${local.account_id}"
}

module "artifacts" {
  source = "./modules/bucket"

  name              = "${local.name}-artifacts-${local.account_id}"
  key_arn           = module.key.arn
  access_log        = { bucket = module.logs.name }
  old_versions_days = var.retention.old_versions
  expire_days       = { for prefix in ["predictions/", "delivery/"] : prefix => var.retention.predictions }
  force_destroy     = !var.keep_data
}

data "aws_iam_policy_document" "logs" {
  statement {
    sid       = "AccessLogsOfS3"
    actions   = ["s3:PutObject"]
    resources = ["arn:${local.partition}:s3:::${local.log_bucket}/s3/*"]
    principals {
      type        = "Service"
      identifiers = ["logging.s3.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }

  statement {
    sid       = "AccessLogsOfTheLoadBalancer"
    actions   = ["s3:PutObject"]
    resources = ["arn:${local.partition}:s3:::${local.log_bucket}/service/AWSLogs/${local.account_id}/*"]
    principals {
      type        = "Service"
      identifiers = ["logdelivery.elasticloadbalancing.amazonaws.com"]
    }
  }
}

module "logs" {
  source = "./modules/bucket"

  name              = local.log_bucket
  policies          = [data.aws_iam_policy_document.logs.json]
  old_versions_days = 30
  expire_days       = { "" = var.retention.access_logs }
  force_destroy     = !var.keep_data
}
