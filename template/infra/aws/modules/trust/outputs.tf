output "json" {
  description = "Value of a role's `assume_role_policy`."
  value       = data.aws_iam_policy_document.this.json
}
