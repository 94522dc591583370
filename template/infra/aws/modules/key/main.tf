# A customer-managed key with rotation. People use it through IAM, services through the statements that the caller gives.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

data "aws_iam_policy_document" "this" {
  # checkov:skip=CKV_AWS_109:A key policy must let the account manage the key, or nobody can ever change it again
  # checkov:skip=CKV_AWS_111:In a key policy the resource "*" means this key alone
  # checkov:skip=CKV_AWS_356:In a key policy the resource "*" means this key alone
  source_policy_documents = var.policies

  statement {
    sid       = "AccountDecidesThroughIAM"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }
}

resource "aws_kms_key" "this" {
  description             = var.description
  enable_key_rotation     = true
  deletion_window_in_days = var.wait_days
  policy                  = data.aws_iam_policy_document.this.json
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
