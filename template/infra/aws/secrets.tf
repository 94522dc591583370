# The secret that the prediction log hashes identifiers with. Whoever joins the log with labels needs the same one.
#
# Terraform makes it empty and a person gives it its value, once: README.md. So the value is in no plan, no state and no
# file, and nothing that Terraform does later can change it. With another value no label would find its prediction.

locals {
  secrets = { PREDICTION_LOG__SECRET = aws_secretsmanager_secret.pseudonyms.arn }

  # The name is put together here, as the policy must be in force before a task asks for the secret.
  secret_name = "${local.name}-pseudonyms"
}

resource "aws_secretsmanager_secret" "pseudonyms" {
  # checkov:skip=CKV2_AWS_57:A new value would cut the log in two: labels find their predictions by the hash
  name                    = local.secret_name
  description             = "PREDICTION_LOG__SECRET: the prediction log of ${local.name} hashes identifiers with it"
  kms_key_id              = module.key.arn
  recovery_window_in_days = var.keep_data ? 30 : 0

  # Tasks get the ARN from here: with it, the way to the secret and the right to read it are there.
  depends_on = [aws_iam_role_policy.read_secrets, aws_vpc_endpoint.tracking]
}

data "aws_iam_policy_document" "read_secrets" {
  statement {
    sid       = "ReadSecretsOfTasks"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["arn:${local.partition}:secretsmanager:${var.region}:${local.account_id}:secret:${local.secret_name}-??????"]
  }

  statement {
    sid       = "DecryptSecrets"
    actions   = ["kms:Decrypt"]
    resources = [module.key.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "read_secrets" {
  name   = "read-secrets"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.read_secrets.json
}
