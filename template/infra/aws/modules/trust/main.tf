# Who may take a role of the CI system: its jobs, by the tokens that it gives them, and users and roles of IAM by name.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  host = var.issuer == null ? "" : trimprefix(var.issuer, "https://")
}

data "aws_iam_policy_document" "this" {
  dynamic "statement" {
    for_each = length(var.subjects) == 0 ? [] : [local.host]

    content {
      sid     = "JobsByTheirTokens"
      actions = ["sts:AssumeRoleWithWebIdentity"]
      principals {
        type        = "Federated"
        identifiers = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:oidc-provider/${statement.value}"]
      }
      condition {
        test     = "StringEquals"
        variable = "${statement.value}:aud"
        values   = [var.audience]
      }
      condition {
        test     = "StringLike"
        variable = "${statement.value}:sub"
        values   = var.subjects
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.principals) == 0 ? [] : [var.principals]

    content {
      sid     = "UsersAndRolesByName"
      actions = ["sts:AssumeRole"]
      principals {
        type        = "AWS"
        identifiers = statement.value
      }
    }
  }
}
