# Who did what and when: each call of the account, and each read and write of artifacts and of Terraform's state.

variable "audit_days" {
  description = "Days that the audit log is kept."
  type        = number
  default     = 1096
}

locals {
  trail_name   = "${var.project}-audit"
  trail_arn    = "arn:${data.aws_partition.current.partition}:cloudtrail:${var.region}:${local.account_id}:trail/${local.trail_name}"
  audit_bucket = "${var.project}-audit-${local.account_id}"
}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "audit_uses_key" {
  statement {
    sid       = "TheTrailEncrypts"
    actions   = ["kms:GenerateDataKey*", "kms:DescribeKey"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }
}

# A key and a bucket of its own: whoever works on data or infrastructure must not be able to mend the record of it.
module "audit_key" {
  source = "../modules/key"

  name        = local.trail_name
  description = "Audit log of ${var.project}"
  policies    = [data.aws_iam_policy_document.audit_uses_key.json]
}

data "aws_iam_policy_document" "audit" {
  statement {
    sid       = "TheTrailLooks"
    actions   = ["s3:GetBucketAcl"]
    resources = ["arn:${data.aws_partition.current.partition}:s3:::${local.audit_bucket}"]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }

  statement {
    sid       = "TheTrailWrites"
    actions   = ["s3:PutObject"]
    resources = ["arn:${data.aws_partition.current.partition}:s3:::${local.audit_bucket}/AWSLogs/${local.account_id}/*"]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }
}

module "audit" {
  source = "../modules/bucket"

  name              = local.audit_bucket
  key_arn           = module.audit_key.arn
  policies          = [data.aws_iam_policy_document.audit.json]
  old_versions_days = 365
  expire_days       = { "" = var.audit_days }
}

resource "aws_cloudtrail" "this" {
  # checkov:skip=CKV_AWS_252:The log is read after something happened; alerts come from the environments' own topic
  # checkov:skip=CKV2_AWS_10:A second copy in CloudWatch costs more than the trail, and Athena reads the bucket
  name                          = local.trail_name
  s3_bucket_name                = module.audit.name
  kms_key_id                    = module.audit_key.arn
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true

  advanced_event_selector {
    name = "Calls that manage the account"

    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
  }

  advanced_event_selector {
    name = "Reads and writes of artifacts and of Terraform's state"

    field_selector {
      field  = "eventCategory"
      equals = ["Data"]
    }

    field_selector {
      field  = "resources.type"
      equals = ["AWS::S3::Object"]
    }

    field_selector {
      field = "resources.ARN"
      starts_with = [
        for bucket in ["dev-artifacts", "staging-artifacts", "production-artifacts", "state"] :
        "arn:${data.aws_partition.current.partition}:s3:::${var.project}-${bucket}-"
      ]
    }
  }
}

# Says when a bucket, key, role or image is open to somebody outside of the account.
resource "aws_accessanalyzer_analyzer" "this" {
  analyzer_name = var.project
  type          = "ACCOUNT"
}
