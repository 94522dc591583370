# Lets the CI system sign in by OIDC. What it may do then stands in delivery.tf of each environment.

variable "ci_oidc_issuer" {
  description = "Issuer of the CI system's tokens, such as https://token.actions.githubusercontent.com; null makes none."
  type        = string
  default     = null

  validation {
    condition     = var.ci_oidc_issuer == null ? true : can(regex("^https://[^/?]+(/[^?]*[^/?])?$", var.ci_oidc_issuer))
    error_message = "`ci_oidc_issuer` is an address that starts with https:// and has no slash at its end."
  }
}

variable "ci_oidc_audience" {
  description = "Audience (`aud`) of the tokens."
  type        = string
  default     = "sts.amazonaws.com"
}

resource "aws_iam_openid_connect_provider" "ci" {
  count = var.ci_oidc_issuer == null ? 0 : 1

  url            = var.ci_oidc_issuer
  client_id_list = [var.ci_oidc_audience]
}
