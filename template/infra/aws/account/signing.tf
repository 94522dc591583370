# Signs images where Sigstore does not know the CI system. Whoever has the public half of the key verifies, with no account.

variable "signing_key" {
  description = "Whether the account has a key that signs images: `make sign SIGNING_KEY=...`."
  type        = bool
  default     = false
}

data "aws_iam_policy_document" "signing" {
  # checkov:skip=CKV_AWS_109:A key policy must let the account manage the key, or nobody can ever change it again
  # checkov:skip=CKV_AWS_111:In a key policy the resource "*" means this key alone
  # checkov:skip=CKV_AWS_356:In a key policy the resource "*" means this key alone
  statement {
    sid       = "AccountDecidesThroughIAM"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${local.account_id}:root"]
    }
  }

  # Or each administrator could sign what no job of CI has built.
  statement {
    sid       = "OnlyDeliverySigns"
    effect    = "Deny"
    actions   = ["kms:Sign"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "ArnNotEquals"
      variable = "aws:PrincipalArn"
      values = [
        for environment in ["dev", "staging", "production"] :
        "arn:${data.aws_partition.current.partition}:iam::${local.account_id}:role/${var.project}-${environment}-delivery"
      ]
    }
  }
}

resource "aws_kms_key" "signing" {
  count = var.signing_key ? 1 : 0

  description              = "Signatures of the images of ${var.project}"
  customer_master_key_spec = "ECC_NIST_P256"
  key_usage                = "SIGN_VERIFY"
  deletion_window_in_days  = 30
  policy                   = data.aws_iam_policy_document.signing.json
}

resource "aws_kms_alias" "signing" {
  count = var.signing_key ? 1 : 0

  name          = "alias/${var.project}-signing"
  target_key_id = aws_kms_key.signing[0].key_id
}

output "signing_key" {
  description = "Value of SIGNING_KEY for the CI system; null without `signing_key`."
  value       = one([for alias in aws_kms_alias.signing : "awskms:///${alias.name}"])
}
